import * as fc from 'fast-check';

/** A file of the context. */
export interface RandomFile {
  readonly content: number;
  readonly mode: number;
}

/** Flags of COPY, each left out at 0. */
interface CopyFlags {
  readonly owner: number;
  readonly mode: number;
  readonly link: number;
  readonly exclude: number;
  readonly parents: number;
}

/** One instruction, as data that an edit can change. */
export type RandomStep =
  | (CopyFlags & { readonly do: 'copy'; readonly source: string; readonly target: string })
  | (CopyFlags & { readonly do: 'copy-stage'; readonly from: number; readonly path: string })
  | { readonly do: 'text'; readonly value: number }
  | {
      readonly do: 'run';
      readonly script: number;
      readonly heredoc: boolean;
      readonly mounts: readonly number[];
      readonly from: number;
    }
  | { readonly do: 'env' | 'arg' | 'workdir' | 'user'; readonly value: number };

/** A stage: what it stands on (-2 scratch, -1 the base image, else an earlier stage) and does. */
export interface RandomStage {
  readonly on: number;
  readonly steps: readonly RandomStep[];
}

/** Everything a build depends on. */
export interface RandomBuild {
  readonly files: Readonly<Record<string, RandomFile>>;
  readonly stages: readonly RandomStage[];
  readonly buildArg: number;
  readonly base: number;
  /** Which file `.dockerignore` leaves out, if any. */
  readonly ignored: string | undefined;
  /** What must not matter: a secret and a proxy. */
  readonly secret: number;
}

const NAMES = ['b', 'dir/c', 'dir/d', 'dir/sub/e'] as const;

/** What RUN does: all of it depends on what earlier steps left, and says so in files. */
const SCRIPTS = [
  ['digest /in /sum'],
  ['digest / /list'],
  ['said /said'],
  ['rm /in/dir', 'renew /in/dir'],
  ['chmod 700 /in', 'link ../sum /deep/er/link'],
  ['digest /got /in/all', 'rm /sum'],
  ['renew /in', 'chmod 755 /in'],
  ['write /sum same'],
  ['rm /sum', 'rm /said', 'rm /always'],
] as const;

/** Mounts of RUN at a target; each is read, and none may leave anything behind. */
const MOUNTS: readonly ((
  from: number,
  target: string,
) => { readonly flag: string; readonly act?: string })[] = [
  (_, target) => ({ flag: `type=bind,target=${target}`, act: `digest ${target} /of${target}` }),
  (_, target) => ({
    flag: `type=bind,source=dir,target=${target},rw`,
    act: `digest ${target} /of${target}`,
  }),
  (from, target) => ({
    flag: `from=stage${from},target=${target}`,
    act: `digest ${target} /of${target}`,
  }),
  (from, target) => ({
    flag: `from=stage${from},source=/got,target=${target}`,
    act: `digest ${target} /of${target}`,
  }),
  (_, target) => ({ flag: `type=cache,target=${target},id=shared`, act: `use ${target}` }),
  (_, target) => ({ flag: `type=tmpfs,target=${target}` }),
  (_, target) => ({ flag: `type=secret,id=s,target=${target}` }),
];

const file = fc.record({ content: fc.nat(2), mode: fc.constantFrom(0o644, 0o755, 0o600) });
const flags = {
  owner: fc.nat(2),
  mode: fc.nat(2),
  link: fc.nat(1),
  exclude: fc.nat(2),
  parents: fc.nat(3),
};

const step: fc.Arbitrary<RandomStep> = fc.oneof(
  fc.record({
    do: fc.constant('copy' as const),
    source: fc.constantFrom('a', 'b', 'dir', '.', 'dir/sub', 'dir/*', './dir/../dir'),
    target: fc.constantFrom('/in/', '/in/x', '/got/'),
    ...flags,
  }),
  fc.record({
    do: fc.constant('copy-stage' as const),
    from: fc.nat(3),
    path: fc.constantFrom('/in*', '/sum*', '/said*', '/list*', '/got*', '/of*'),
    ...flags,
  }),
  fc.record({ do: fc.constant('text' as const), value: fc.nat(2) }),
  fc.record({
    do: fc.constant('run' as const),
    script: fc.nat(SCRIPTS.length - 1),
    heredoc: fc.boolean(),
    mounts: fc.array(fc.nat(MOUNTS.length - 1), { maxLength: 2 }),
    from: fc.nat(3),
  }),
  fc.record({
    do: fc.constantFrom('env' as const, 'arg' as const, 'workdir' as const, 'user' as const),
    value: fc.nat(2),
  }),
);

const stage: fc.Arbitrary<RandomStage> = fc.record({
  on: fc.integer({ min: -2, max: 2 }),
  steps: fc.array(step, { minLength: 1, maxLength: 4 }),
});

const build: fc.Arbitrary<RandomBuild> = fc.record({
  files: fc.record(
    Object.fromEntries(NAMES.map((name) => [name, file])) as Record<string, typeof file>,
  ),
  stages: fc.array(stage, { minLength: 1, maxLength: 4 }),
  buildArg: fc.nat(2),
  base: fc.nat(1),
  ignored: fc.option(fc.constantFrom('dir/c', 'b'), { nil: undefined, freq: 4 }),
  secret: fc.nat(1),
});

/** A change between two builds. */
export type Edit = (build: RandomBuild) => RandomBuild;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), file).map(([name, value]): Edit => (old) => ({
    ...old,
    files: { ...old.files, [name]: value },
  })),
  fc
    .tuple(fc.nat(3), fc.nat(3), step)
    .map(([at, index, value]): Edit =>
      inStage(at, (steps) => steps.map((kept, i) => (i === index % steps.length ? value : kept))),
    ),
  fc
    .tuple(fc.nat(3), fc.nat(3))
    .map(([at, index]): Edit =>
      inStage(at, (steps) => (steps.length > 1 ? steps.toSpliced(index % steps.length, 1) : steps)),
    ),
  fc.nat(2).map((buildArg): Edit => (old) => ({ ...old, buildArg })),
  fc.nat(1).map((base): Edit => (old) => ({ ...old, base })),
  fc.constant<Edit>((old) => ({ ...old, secret: 1 - old.secret })),
  fc.constant<Edit>((old) => ({
    ...old,
    ignored: old.ignored === undefined ? 'dir/d' : undefined,
  })),
);

function inStage(
  at: number,
  change: (steps: readonly RandomStep[]) => readonly RandomStep[],
): Edit {
  return (old) => ({
    ...old,
    stages: old.stages.map((one, i) =>
      i === at % old.stages.length ? { ...one, steps: change(one.steps) } : one,
    ),
  });
}

/** A build and the edits that are made to it, one after the other. */
export const history = (edits: number): fc.Arbitrary<RandomBuild[]> =>
  fc
    .tuple(build, fc.array(edit, { minLength: edits, maxLength: edits }))
    .map(([first, changes]) => {
      const all = [first];
      for (const change of changes) all.push(change(all.at(-1) ?? first));
      // Going back to the beginning must find the old results, and they must still be right.
      return [...all, first];
    });

function flagsOf({ owner, mode, link, exclude, parents }: CopyFlags): string {
  return [
    ['', '--chown=7:8 ', '--chown=9 '][owner],
    ['', '--chmod=750 ', '--chmod=0604 '][mode],
    ['', '--link '][link],
    ['', '--exclude=c ', '--exclude=**/e '][exclude],
    parents === 1 ? '--parents ' : '',
  ].join('');
}

function instruction(item: RandomStep, stageIndex: number): string {
  switch (item.do) {
    case 'copy':
      // The file beside it is always there, so that a pattern without a match is no failure.
      return `COPY ${flagsOf(item)}${item.source} a ${item.target.replace(/x$/, 'x/')}`;
    case 'copy-stage':
      if (stageIndex === 0) return 'LABEL first=yes';
      return `COPY ${flagsOf(item)}--from=stage${item.from % stageIndex} ${item.path} /always /got/`;
    case 'text':
      return `COPY <<EOF /in/text\nvalue ${item.value} of $KEY\nEOF`;
    case 'run':
      return run(item, stageIndex);
    case 'env':
      return `ENV KEY=${item.value}`;
    case 'arg':
      return `ARG ARG=${item.value}`;
    case 'workdir':
      return `WORKDIR /work${item.value}`;
    case 'user':
      return `USER ${item.value}`;
  }
}

function run(
  { script, heredoc, mounts, from }: Extract<RandomStep, { do: 'run' }>,
  stageIndex: number,
): string {
  const used = mounts
    .filter((index) => stageIndex > 0 || (index !== 2 && index !== 3))
    .flatMap((index, at) => {
      const mount = MOUNTS[index]?.((from + at) % Math.max(1, stageIndex), `/m/${at}`);
      return mount ? [mount] : [];
    });
  const lines = [
    ...used.flatMap(({ act }) => (act === undefined ? [] : [act])),
    ...(SCRIPTS[script] ?? []),
  ];
  const flag = used.map((one) => `--mount=${one.flag} `).join('');
  if (heredoc) return `RUN ${flag}<<EOF\n${lines.join('\n')}\nEOF`;
  return `RUN ${flag}${JSON.stringify(['pretend', lines.join('\n')])}`;
}

/** The Dockerfile. Every stage ends with files that are always there. */
export function dockerfileOf({ stages }: RandomBuild): string {
  return stages
    .map(({ on, steps }, i) => {
      const from = on === -2 || i === 0 ? 'scratch' : on === -1 ? 'base' : `stage${on % i}`;
      const lines = steps.map((item) => instruction(item, i));
      return [`FROM ${from} AS stage${i}`, ...lines, 'COPY a /always', 'COPY a /got/'].join('\n');
    })
    .join('\n');
}
