import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { bench, root, type Bench } from '../build/testing/bench.ts';
import { openEngine } from '../engine/open-engine.ts';
import { makeNode } from '../sys/node.ts';
import { writeExplanation } from './explanation-text.ts';
import { runCli, type CliResult } from './testing/run-cli.ts';

const ends: (() => void)[] = [];
let at: Bench;

before(async () => {
  at = bench({ after: (end) => void ends.push(end) });
  if ('skip' in root) return;
  at.write('data/a', 'a'.repeat(4000));
  at.write('data/b\nc', 'b'.repeat(1000));
  for (const name of ['data/a', 'data/b\nc']) chmodSync(at.path(name), 0o644);
  const one = 'FROM scratch\n# the data\nCOPY data /data\nRUN own\nENV A=b\nRUN rm\n';
  await at.build(one, { names: ['docker.io/library/app:1'] }, async (_, upper, { argv }) => {
    mkdirSync(`${upper}/data`);
    if (argv.at(-1) === 'rm') makeNode(`${upper}/data/b\nc`, 'char', 0, 0, 0);
    if (argv.at(-1) !== 'own') return;
    writeFileSync(`${upper}/data/a`, 'a'.repeat(4000));
    chownSync(`${upper}/data/a`, 1000, 1000);
  });
  await at.build('FROM scratch\nCOPY data /data\nENV A=c\n', {
    names: ['docker.io/library/app:2'],
  });
});
after(() => ends.forEach((end) => end()));

async function stave(...argv: string[]): Promise<CliResult> {
  await using engine = await openEngine({ root: at.store.paths.root });
  return await runCli(argv, { engine });
}

test('explain shows layers, waste and what to change', root, async () => {
  const { stdout, code } = await stave('explain', 'app:1');
  assert.equal(
    stdout,
    `app:1  linux/amd64, 9kB in 3 layers, score 44.4%, 5kB wasted

LAYERS, LARGEST FIRST
  5kB   5kB hidden   layer 1   Dockerfile:3   COPY data /data
  4kB                layer 2   Dockerfile:4   RUN own
  0B                 layer 3   Dockerfile:6   RUN rm

LARGEST DIRECTORIES
  4kB   /data

WASTED, AND SEEN BY NO CONTAINER: 5kB
  4kB   copied for owner or mode (1 file)   Dockerfile:3 by Dockerfile:4   /data/a
  1kB   deleted later (1 file)              Dockerfile:3 by Dockerfile:6   /data/b\\x0ac

WHAT TO CHANGE
  -4kB   Dockerfile:4   copies a file whole to change its owner or mode: use 'COPY --chown=1000:1000' in line 3 instead
  -1kB   Dockerfile:3   brings a file that line 6 deletes: use 'RUN --mount=type=bind' there, or copy in an earlier stage
`,
  );
  assert.equal(code, 0);
});

test('explain calls the image of an index as it was asked for', root, async () => {
  await using engine = await openEngine({ root: at.store.paths.root });
  const explained = { ...(await engine.images.explain('app:1')), tags: [] };
  const id = explained.id.slice('sha256:'.length);
  const headline = (asked: string): string => {
    const written: string[] = [];
    const line = (text: string): number => written.push(text);
    const stdout = { terminal: false, write: line, line, raw: () => {} };
    writeExplanation({ stdout }, explained, asked, 1);
    return written[0]?.split('  ')[0] ?? '';
  };
  assert.deepEqual(
    [headline('multi:1'), headline(id.slice(0, 5)), headline(explained.id)],
    ['multi:1', id.slice(0, 12), id.slice(0, 12)],
  );
});

test('explain fails for what was not to be wasted', root, async () => {
  const codes: Readonly<Record<string, number>> = {
    '--max-size=9kB': 0,
    '--max-size=8.9kB': 1,
    '--max-waste=5kB': 0,
    '--max-waste=4999B': 1,
    '--max-waste=56%': 0,
    '--max-waste=55%': 1,
    '--min-score=44': 0,
    '--min-score=45%': 1,
    '--min-score=0.4': 0,
    '--max-waste=much': 125,
    '--min-score=101': 125,
  };
  for (const [limit, code] of Object.entries(codes)) {
    assert.equal((await stave('explain', limit, 'app:1')).code, code, limit);
  }
  const { stderr } = await stave('explain', '--max-waste', '1kB', 'app:1');
  assert.equal(stderr, 'Error: app:1 wastes 5kB (55.5%), more than 1kB\n');
});

test('explain gives programs all of it', root, async () => {
  const { stdout } = await stave('explain', '--format', 'json', 'app:1');
  const found = JSON.parse(stdout) as { wasted: number; waste: { paths: { path: string }[] }[] };
  assert.equal(found.wasted, 5000);
  assert.deepEqual(found.waste[1]?.paths, [{ path: '/data/b\nc', size: 1000 }]);
});

test(
  'blame shows the versions of a file, and of a directory who wrote what last',
  root,
  async () => {
    assert.equal(
      (await stave('blame', 'app:1', '/data/a')).stdout,
      `PATH      CHANGE           MODE      OWNER       SIZE      LAYER     ORIGIN         CREATED BY
/data/a   added            0644      0:0         4kB       1         Dockerfile:3   COPY data /data
/data/a   changed: owner   0644      1000:1000   4kB       2         Dockerfile:4   RUN own
`,
    );
    const form = '{{.Path}} {{.Change}} {{.Origin}}';
    assert.equal(
      (await stave('blame', '--format', form, 'app:1', '/data')).stdout,
      '/data added Dockerfile:3\n/data/a changed: owner Dockerfile:4\n',
    );
    assert.equal(
      (await stave('blame', '--format', form, 'app:1', '/data/b*')).stdout,
      '/data/b\\x0ac added Dockerfile:3\n/data/b\\x0ac deleted Dockerfile:6\n',
    );
    const { stderr, code } = await stave('blame', 'app:1', '/nope');
    assert.deepEqual([stderr, code], ['Error: no layer of app:1 has /nope\n', 1]);
  },
);

test('diff shows in what two images differ, and says it with its exit code', root, async () => {
  const { stdout, code } = await stave('diff', '--path', '/data', 'app:1', 'app:2');
  assert.equal(
    stdout,
    `Files: 1 added, 1 changed; 4kB → 5kB
C /data/a  (owner 1000:1000 → 0:0)
A /data/b\\x0ac  (1kB)
`,
  );
  assert.equal(code, 1);
  const whole = await stave('diff', 'app:1', 'app:2');
  assert.match(whole.stdout, /^Config\n {2}C {2}Env A {2}"b" → "c"\nSteps\n/);
  assert.deepEqual(await stave('diff', 'app:1', 'app:1'), { stdout: '', stderr: '', code: 0 });
  assert.equal((await stave('image', 'diff', '-q', 'app:1', 'app:2')).code, 1);
  const none = await stave('diff', 'app:1', 'app:3');
  assert.equal(none.code, 2);
  assert.match(none.stderr, /^Error: No such image: app:3\n/);
});

test('diff of one name is about a container', root, async () => {
  const { stderr, code } = await stave('diff', 'app:1');
  assert.match(stderr, /^Error: No such container: app:1\n/);
  assert.equal(code, 1);
});

test('history shows the lines on request, and no step of a build is missing', root, async () => {
  const { stdout } = await stave('history', '--origin', 'app:1');
  assert.deepEqual(
    stdout.split('\n').map((line) => /Dockerfile:\d+ +\w+/.exec(line)?.[0].replace(/ +/, ' ')),
    [
      undefined,
      'Dockerfile:6 RUN',
      'Dockerfile:5 ENV',
      'Dockerfile:4 RUN',
      'Dockerfile:3 COPY',
      undefined,
    ],
  );
  assert.doesNotMatch(stdout, /<missing>/);
});

test('image tree shows layers and who has them', root, async () => {
  const { stdout } = await stave('image', 'tree', '--shared', 'app:2');
  assert.match(
    stdout,
    /^Tags: {5}\[app:2\]\nSize: {5}5kB\nShared: {3}5kB with other images, 0B its own$/m,
  );
  assert.match(
    stdout,
    /^└── ID: \w{12} Size: {4}5kB {2}Dockerfile:2 {2}Top Layer of: \[app:2\]\n {8}app:1\n$/m,
  );
});
