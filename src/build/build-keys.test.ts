import assert from 'node:assert/strict';
import { chmodSync, chownSync, renameSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { BuildInput } from './build-input.ts';
import { bench, image, root, type Bench, type Meanwhile } from './testing/bench.ts';

/** A build with every kind of step, to which one thing is done. */
const DOCKERFILE = `FROM base AS maker
WORKDIR /w
COPY a/tool /tool
RUN make
FROM base
LABEL v=1
ENV KEY=1
COPY dir /dir
ARG V=1
COPY b /b
RUN test
COPY --from=maker /out /out
`;

/** As many steps as the Dockerfile above has. */
const STEPS = 7;

interface Change {
  readonly what: string;
  readonly edit?: (bench: Bench) => void;
  readonly text?: readonly [from: string, to: string];
  readonly input?: Partial<BuildInput>;
  /** Name of the base image's revision. */
  readonly base?: string;
  /** Steps that run again. */
  readonly runs: readonly string[];
}

const at =
  (path: string, edit: (file: string) => void) =>
  (bench: Bench): void =>
    edit(bench.path(path));

const CHANGES: readonly Change[] = [
  { what: 'the time of a file', edit: at('b', (file) => utimesSync(file, 1, 1)), runs: [] },
  { what: 'the owner of a file', edit: at('b', (file) => chownSync(file, 7, 8)), runs: [] },
  { what: 'a file that nothing copies', edit: at('c', (f) => writeFileSync(f, 'c')), runs: [] },
  { what: 'a comment and a blank line', text: ['RUN test', '# why\n\nRUN test'], runs: [] },
  { what: 'LABEL', text: ['LABEL v=1', 'LABEL v=2\nEXPOSE 80\nCMD ["x"]'], runs: [] },
  { what: 'where the same files lie', text: ['a/tool', 'z/tool'], runs: [] },
  { what: 'the name of a stage', text: ['maker', 'other'], runs: [] },
  { what: 'the tag of the base image', text: ['FROM base\nL', 'FROM alias\nL'], runs: [] },
  { what: 'a proxy', input: { args: new Map([['HTTP_PROXY', 'http://p']]) }, runs: [] },
  { what: 'the size of /dev/shm', input: { shmSize: 1 << 20 }, runs: [] },
  { what: 'content', edit: at('b', (f) => writeFileSync(f, 'B')), runs: ['COPY b', 'RUN test'] },
  {
    what: 'the mode of a file',
    edit: at('b', (f) => chmodSync(f, 0o755)),
    runs: ['COPY b', 'RUN test'],
  },
  {
    what: 'the name of a file in a directory',
    edit: at('dir', (path) => renameSync(join(path, 'x'), join(path, 'y'))),
    runs: ['COPY dir', 'COPY b', 'RUN test'],
  },
  { what: 'an ARG', input: { args: new Map([['V', '2']]) }, runs: ['RUN test'] },
  { what: 'ENV', text: ['KEY=1', 'KEY=2'], runs: ['RUN test'] },
  { what: 'the network', input: { network: 'host' }, runs: ['RUN make', 'RUN test'] },
  {
    what: 'the name of another host',
    input: { extraHosts: ['h:1.1.1.1'] },
    runs: ['RUN make', 'RUN test'],
  },
  {
    what: 'the base image',
    base: '2',
    runs: ['WORKDIR', 'COPY a/tool', 'RUN make', 'COPY dir', 'COPY b', 'RUN test'],
  },
  { what: 'the name that a file gets', text: ['b /b', 'b /c'], runs: ['COPY b', 'RUN test'] },
];

/** Every RUN writes the same, so that a stage that runs again gives what it gave. */
const run: Meanwhile = (_store, upper, { argv }) => {
  writeFileSync(join(upper, argv.includes('make') ? 'out' : 'tested'), 'same');
  utimesSync(join(upper, argv.includes('make') ? 'out' : 'tested'), 1, 1);
  return Promise.resolve();
};

function write({ write }: Bench): void {
  for (const name of ['a/tool', 'z/tool', 'b', 'dir/x']) write(name, name.slice(-1));
}

function bases(revision: string): Readonly<Record<string, ReturnType<typeof image>>> {
  const base = image('base', revision);
  return { base, alias: { ...base, name: 'docker.io/library/alias:latest' } };
}

for (const { what, edit, text, input = {}, base = '1', runs } of CHANGES) {
  const says = runs.length === 0 ? 'counts for nothing' : `runs ${runs.join(', ')}`;
  test(`a changed key: ${what} ${says}`, root, async (t) => {
    const own = bench(t);
    write(own);
    const first = await own.build(DOCKERFILE, {}, run, bases('1'));
    assert.equal(first.steps, STEPS);
    edit?.(own);
    const changed = text ? DOCKERFILE.replaceAll(...text) : DOCKERFILE;
    assert.equal(changed === DOCKERFILE, text === undefined);
    const { events } = await own.build(changed, input, run, bases(base));
    const steps = new Map(
      events.flatMap((event) =>
        event.type === 'begin' && event.kind === 'step' ? [[event.id, event.title] as const] : [],
      ),
    );
    const ran = events.flatMap((event) =>
      event.type === 'end' && event.outcome === 'done' && steps.has(event.id)
        ? [steps.get(event.id) ?? '']
        : [],
    );
    const missing = runs.filter((one) => !ran.some((title) => title.includes(`] ${one}`)));
    assert.deepEqual(missing, [], ran.join('\n'));
    // The copy from the maker's stage lies on what ran; its own key is that of its content.
    const extra = ran.filter(
      (title) => !title.includes('COPY --from') && !runs.some((one) => title.includes(`] ${one}`)),
    );
    assert.deepEqual(extra, []);
    if (runs.length === 0) assert.deepEqual(ran, []);
  });
}

test('--no-cache runs everything, and its results are the ones found later', root, async (t) => {
  const { build } = bench(t);
  let value = '1';
  const counted: Meanwhile = (_store, upper) => {
    writeFileSync(join(upper, 'f'), value);
    return Promise.resolve();
  };
  const dockerfile = 'FROM scratch AS a\nRUN one\nFROM scratch\nCOPY --from=a /f /f\n';
  const first = await build(dockerfile, {}, counted);
  value = '2';
  const second = await build(dockerfile, { uncached: () => true }, counted);
  assert.notEqual(second.id, first.id);
  assert.equal((await build(dockerfile)).id, second.id);
});

test('--no-cache-filter runs a stage again, and what follows from it', root, async (t) => {
  const { build } = bench(t);
  let value = '1';
  let count = 0;
  const counted: Meanwhile = (_store, upper) => {
    count += 1;
    writeFileSync(join(upper, 'f'), value);
    return Promise.resolve();
  };
  const dockerfile =
    'FROM scratch AS a\nRUN one\nFROM scratch AS b\nRUN other\nFROM b\nCOPY --from=a /f /g\n';
  const first = await build(dockerfile, {}, counted);
  const same = await build(dockerfile, { uncached: (stage) => stage === 'a' }, counted);
  assert.deepEqual([count, same.steps - same.cached], [3, 1]);
  value = '2';
  const second = await build(dockerfile, { uncached: (stage) => stage === 'a' }, counted);
  assert.notEqual(second.id, first.id);
  assert.equal((await build(dockerfile)).id, second.id);
});

test('a copy of another path out of the same stage is another copy', root, async (t) => {
  const { build, write, listing } = bench(t);
  for (const name of ['x', 'y']) write(name, name);
  const dockerfile = (path: string): string =>
    `FROM scratch AS a\nCOPY x y /\nFROM scratch\nCOPY --from=a ${path} /t/\n`;
  await build(dockerfile('/x'));
  const { config } = await build(dockerfile('/y'));
  assert.ok(listing(config).includes('0644 0:0 file t/y'), listing(config).join('\n'));
});

test('mounts that show the files of the other make another step', root, async (t) => {
  const { build, write } = bench(t);
  write('x', 'x');
  let count = 0;
  const counted: Meanwhile = () => Promise.resolve(void (count += 1));
  const mounts = ['from=a,', ''].map((from, at) => `--mount=${from}target=/m${at}`);
  const swapped = ['', 'from=a,'].map((from, at) => `--mount=${from}target=/m${at}`);
  const dockerfile = (flags: readonly string[]): string =>
    `FROM scratch AS a\nCOPY x /y\nFROM scratch\nRUN ${flags.join(' ')} x\n`;
  await build(dockerfile(mounts), {}, counted);
  await build(dockerfile(swapped), {}, counted);
  assert.equal(count, 2);
  await build(dockerfile(mounts));
});
