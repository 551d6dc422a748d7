import assert from 'node:assert/strict';
import { chmodSync, mkdirSync, symlinkSync, utimesSync } from 'node:fs';
import { test, type TestContext } from 'node:test';
import { bench, root, type Bench } from './testing/bench.ts';

/** A context with a few files; their directories have modes of their own. */
function files(t: TestContext, paths: readonly string[]): Bench {
  const made = bench(t);
  for (const path of paths) made.write(path, path);
  return made;
}

async function copied(made: Bench, instruction: string): Promise<string[]> {
  const { config } = await made.build(`FROM scratch\n${instruction}`);
  return made.listing(config).map((line) => line.split(' ').slice(3).join(' '));
}

test('COPY --parents keeps the path of a source, and its parents as they are', root, async (t) => {
  const made = files(t, ['a/b/c/file', 'a/b/other']);
  chmodSync(made.path('a'), 0o710);
  chmodSync(made.path('a/b'), 0o2750);
  utimesSync(made.path('a/b'), 7, 7);

  const { config } = await made.build('FROM scratch\nCOPY --parents ./a/b/c/file /x');

  assert.deepEqual(made.listing(config), [
    '0755 0:0 directory x',
    '0710 0:0 directory x/a',
    '2750 0:0 directory x/a/b',
    '0755 0:0 directory x/a/b/c',
    '0644 0:0 file x/a/b/c/file',
  ]);
  assert.equal(made.layer(config)[2]?.mtime, 7_000_000_000n);
});

test('COPY --parents drops what stands before a pivot', root, async (t) => {
  const made = files(t, ['a/b/c/1', 'a/b/c/2', 'z/b/c/3']);
  assert.deepEqual(await copied(made, 'COPY --parents a/./b/c/1 /x/'), [
    'x',
    'x/b',
    'x/b/c',
    'x/b/c/1',
  ]);
  assert.deepEqual(await copied(made, 'COPY --parents */./b /x/'), [
    'x',
    'x/b',
    'x/b/c',
    'x/b/c/1',
    'x/b/c/2',
    'x/b/c/3',
  ]);
});

test('COPY --parents takes ** for directories at any depth', root, async (t) => {
  const made = files(t, ['1.txt', 'a/2.txt', 'a/b/c/3.txt', 'a/b/4.md', 'd/5.md']);
  assert.deepEqual(await copied(made, 'COPY --parents **/*.txt /x'), [
    'x',
    'x/1.txt',
    'x/a',
    'x/a/2.txt',
    'x/a/b',
    'x/a/b/c',
    'x/a/b/c/3.txt',
  ]);
});

test('COPY --parents takes wildcards in the middle, and all below a match', root, async (t) => {
  const made = files(t, ['p/one/src/1', 'p/two/src/deep/2', 'p/two/doc/3', 'q/one/src/4']);
  assert.deepEqual(await copied(made, 'COPY --parents p/*/src /x/'), [
    'x',
    'x/p',
    'x/p/one',
    'x/p/one/src',
    'x/p/one/src/1',
    'x/p/two',
    'x/p/two/src',
    'x/p/two/src/deep',
    'x/p/two/src/deep/2',
  ]);
});

test(
  'COPY --parents puts several sources together, without a slash at the target',
  root,
  async (t) => {
    const made = files(t, ['a/1', 'a/2', 'b/3', 'b/4']);
    assert.deepEqual(await copied(made, 'COPY --parents a/1 b/./4 a/2 /x'), [
      'x',
      'x/4',
      'x/a',
      'x/a/1',
      'x/a/2',
    ]);
  },
);

test('COPY --parents makes no directory for what --exclude leaves out', root, async (t) => {
  const made = files(t, ['a/1.txt', 'a/no/2.txt', 'b/3.md', 'b/c/4.txt']);
  assert.deepEqual(await copied(made, 'COPY --parents --exclude=a/no --exclude=b **/*.txt /x'), [
    'x',
    'x/a',
    'x/a/1.txt',
  ]);
});

test('COPY --parents of a pattern without a match makes the target only', root, async (t) => {
  const made = files(t, ['a/1']);
  assert.deepEqual(await copied(made, 'COPY --parents **/*.none /x/y'), ['x', 'x/y']);
});

test('COPY --parents of . copies all', root, async (t) => {
  const made = files(t, ['a/1', '2']);
  assert.deepEqual(await copied(made, 'COPY --parents . /x'), ['x', 'x/2', 'x/a', 'x/a/1']);
});

test('COPY --parents refuses a path that is not there, and one through a link', root, async (t) => {
  const made = files(t, ['a/1']);
  symlinkSync('a', made.path('link'));
  await assert.rejects(copied(made, 'COPY --parents a/2 /x'), /"\/a\/2": not found/);
  await assert.rejects(
    copied(made, 'COPY --parents link/1 /x'),
    (error: Error & { hint: string }) => {
      assert.match(error.message, /"\/link\/1": not found/);
      assert.match(error.hint, /symbolic link/);
      return true;
    },
  );
});

test('COPY --parents copies a link that is named as a link', root, async (t) => {
  const made = files(t, ['a/1']);
  symlinkSync('1', made.path('a/link'));
  assert.deepEqual(await copied(made, 'COPY --parents a/link /x/'), ['x', 'x/a', 'x/a/link -> 1']);
});

test(
  'COPY --parents from a stage keeps owners, and those of directories that are there',
  root,
  async (t) => {
    const made = files(t, ['a/b/1']);
    mkdirSync(made.path('mine/a'), { recursive: true });
    const { config } = await made.build(
      `FROM scratch AS from
     COPY --chown=5:6 --chmod=700 a /src/a
     FROM scratch
     COPY --chown=8:9 mine /dst
     COPY --from=from --parents /src/./a/b/1 /dst/`,
    );
    assert.deepEqual(made.listing(config), [
      '0755 8:9 directory dst',
      '0700 8:9 directory dst/a',
      '0700 5:6 directory dst/a/b',
      '0700 5:6 file dst/a/b/1',
    ]);
  },
);

test(
  'the key of COPY --parents knows the pivot, and no file that does not match',
  root,
  async (t) => {
    const made = files(t, ['a/b/1.txt', 'a/b/2.md']);
    const text = 'FROM scratch\nCOPY --parents a/**/*.txt /x/';
    assert.equal((await made.build(text)).cached, 0);
    made.write('a/b/2.md', 'changed');
    assert.equal((await made.build(text)).cached, 1);
    chmodSync(made.path('a'), 0o700);
    assert.equal((await made.build(text)).cached, 0);
    assert.equal((await made.build('FROM scratch\nCOPY --parents a/./**/*.txt /x/')).cached, 0);
  },
);
