import * as fc from 'fast-check';

/** A file of the context. */
export interface RandomFile {
  readonly content: number;
  readonly executable: boolean;
}

/** One instruction, as data that an edit can change. */
export type RandomStep =
  | { readonly do: 'copy'; readonly source: string; readonly owner: number }
  | { readonly do: 'copy-stage'; readonly path: string }
  | { readonly do: 'run'; readonly script: number }
  | { readonly do: 'mount'; readonly source: string; readonly writable: boolean }
  | { readonly do: 'mount-stage'; readonly path: string }
  | { readonly do: 'env' | 'arg' | 'workdir'; readonly value: number };

/** Everything a build depends on. Each stage but the first may copy from the one before it. */
export interface RandomBuild {
  readonly files: Readonly<Record<string, RandomFile>>;
  readonly stages: readonly (readonly RandomStep[])[];
  readonly buildArg: number;
  /** Which file `.dockerignore` leaves out of whole directories, if any. */
  readonly ignored: string | undefined;
}

const NAMES = ['a', 'b', 'dir/c', 'dir/d', 'dir/sub/e'] as const;

/** What RUN does: all of it depends on what earlier steps left, and says so in files. */
const SCRIPTS = [
  'cat /in/* /in/dir/* 2>/dev/null | md5sum > /sum',
  'find /in /got -exec stat -c "%n %a %u %g" {} + 2>/dev/null | sort > /list',
  'echo "$KEY $ARG $PWD" > /said',
  'rm -rf /in/dir; mkdir -p /in/dir && echo new > /in/dir/new',
  'chmod 700 /in 2>/dev/null; mkdir -p /deep/er && ln -sf /sum /deep/er/link',
  'cat /said /sum /list 2>/dev/null > /all; rm -f /sum',
] as const;

const file = fc.record({ content: fc.nat(3), executable: fc.boolean() });

const step: fc.Arbitrary<RandomStep> = fc.oneof(
  fc.record({
    do: fc.constant('copy' as const),
    source: fc.constantFrom('a', 'b', 'dir', '.', 'dir/sub'),
    owner: fc.nat(1),
  }),
  fc.record({
    do: fc.constant('copy-stage' as const),
    path: fc.constantFrom('/in', '/sum', '/said'),
  }),
  fc.record({
    do: fc.constant('mount' as const),
    source: fc.constantFrom('a', 'dir', 'dir/sub'),
    writable: fc.boolean(),
  }),
  fc.record({ do: fc.constant('mount-stage' as const), path: fc.constantFrom('/', '/etc') }),
  fc.record({ do: fc.constant('run' as const), script: fc.nat(SCRIPTS.length - 1) }),
  fc.record({
    do: fc.constantFrom('env' as const, 'arg' as const, 'workdir' as const),
    value: fc.nat(2),
  }),
);

const build: fc.Arbitrary<RandomBuild> = fc.record({
  files: fc.record(
    Object.fromEntries(NAMES.map((name) => [name, file])) as Record<string, typeof file>,
  ),
  stages: fc.array(fc.array(step, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 3 }),
  buildArg: fc.nat(2),
  ignored: fc.option(fc.constantFrom('dir/c', 'b'), { nil: undefined, freq: 4 }),
});

/** A change between two builds. */
export type Edit = (build: RandomBuild) => RandomBuild;

const edit: fc.Arbitrary<Edit> = fc.oneof(
  fc.tuple(fc.constantFrom(...NAMES), file).map(([name, value]): Edit => (old) => ({
    ...old,
    files: { ...old.files, [name]: value },
  })),
  fc.tuple(fc.nat(2), fc.nat(3), step).map(([stage, at, value]): Edit => (old) => ({
    ...old,
    stages: old.stages.map((steps, i) =>
      i === stage % old.stages.length
        ? steps.map((kept, j) => (j === at % steps.length ? value : kept))
        : steps,
    ),
  })),
  fc.nat(2).map((buildArg): Edit => (old) => ({ ...old, buildArg })),
  fc.constant<Edit>((old) => ({
    ...old,
    ignored: old.ignored === undefined ? 'dir/d' : undefined,
  })),
  fc.constant<Edit>((old) => old),
);

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

function instruction(item: RandomStep, stage: number): string {
  if (item.do === 'copy')
    return `COPY${item.owner === 0 ? '' : ' --chown=7:8'} ${item.source} /in/`;
  if (item.do === 'mount') {
    const flag = `--mount=source=${item.source},target=/m${item.writable ? ',rw' : ''}`;
    return `RUN ${flag} (find /m -exec stat -c "%n %a %u %g" {} + ; find /m -type f -exec cat {} +) | sort > /mounted; echo x >> /m/a || true`;
  }
  if (item.do === 'mount-stage') {
    return stage === 0
      ? 'LABEL first=yes'
      : `RUN --mount=from=stage${stage - 1},source=${item.path},target=/m cat /m/sum /m/said /m/list /m/mounted /m/passwd 2>/dev/null | md5sum > /seen; true`;
  }
  if (item.do === 'run') return `RUN ${SCRIPTS[item.script] ?? 'true'}`;
  if (item.do === 'copy-stage') {
    // The pattern may match nothing; the file beside it is always there.
    return stage === 0
      ? 'LABEL first=yes'
      : `COPY --from=stage${stage - 1} ${item.path}* /etc/passwd /got/`;
  }
  if (item.do === 'env') return `ENV KEY=${item.value}`;
  if (item.do === 'arg') return `ARG ARG=${item.value}`;
  return `WORKDIR /work${item.value}`;
}

/** The Dockerfile. A later stage stands on the first one or on the base. */
export function dockerfileOf({ stages }: RandomBuild): string {
  return stages
    .map((steps, i) => {
      const from = i > 0 && steps.length % 2 === 0 ? 'stage0' : 'base';
      return [`FROM ${from} AS stage${i}`, ...steps.map((item) => instruction(item, i))].join('\n');
    })
    .join('\n');
}
