import assert from 'node:assert/strict';
import { chmodSync, chownSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { bench, root, type Bench } from '../../build/testing/bench.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import { makeNode } from '../../sys/node.ts';
import type { Blame, BlameOptions } from '../understand-types.ts';
import { blameImage } from './blame.ts';

const DOCKERFILE = `FROM scratch
COPY --chmod=644 conf /etc/conf
RUN change
RUN own
RUN drop
RUN back
`;
const STEPS: Readonly<Record<string, (upper: string) => void>> = {
  change(upper) {
    mkdirSync(`${upper}/etc/sub`, { recursive: true });
    writeFileSync(`${upper}/etc/conf`, 'two');
    writeFileSync(`${upper}/etc/sub/x`, 'x');
    symlinkSync('/etc', `${upper}/cfg`);
    symlinkSync('conf', `${upper}/etc/alias`);
    mkdirSync(`${upper}/bin`);
    for (const name of ['[', '[y]', 'y', '?']) writeFileSync(`${upper}/bin/${name}`, '');
    writeFileSync(Buffer.from(`${upper}/bin/\xff`, 'latin1'), '');
  },
  own(upper) {
    mkdirSync(`${upper}/etc`);
    writeFileSync(`${upper}/etc/conf`, 'two');
    chownSync(`${upper}/etc/conf`, 5, 6);
    chmodSync(`${upper}/etc/conf`, 0o600);
  },
  drop(upper) {
    mkdirSync(`${upper}/etc`);
    makeNode(`${upper}/etc/conf`, 'char', 0, 0, 0);
    makeNode(`${upper}/etc/sub`, 'char', 0, 0, 0);
  },
  back(upper) {
    mkdirSync(`${upper}/etc`);
    writeFileSync(`${upper}/etc/conf`, 'three');
  },
};

async function built(at: Bench): Promise<void> {
  at.write('conf', 'one');
  await at.build(DOCKERFILE, { names: ['docker.io/library/app:1'] }, async (_, upper, process) =>
    STEPS[process.argv.at(-1) ?? '']?.(upper),
  );
}

const blamed = (at: Bench, paths: readonly string[], options?: BlameOptions): Promise<Blame> =>
  blameImage(
    { store: at.store, snapshotter: overlaySnapshotter(at.store) },
    'app:1',
    paths,
    options,
  );

const lines = ({ paths }: Blame): unknown[] =>
  paths.flatMap(({ path, versions }) =>
    versions.map(({ step, change, aspects }) => [path, step.origin?.lines[0], change, ...aspects]),
  );

test('blameImage() tells every version of a file with the line that made it', root, async (t) => {
  const at = bench(t);
  await built(at);
  const found = await blamed(at, ['/etc/conf']);
  assert.deepEqual(lines(found), [
    ['/etc/conf', 2, 'added'],
    ['/etc/conf', 3, 'changed', 'content'],
    ['/etc/conf', 4, 'changed', 'mode', 'owner'],
    ['/etc/conf', 5, 'deleted'],
    ['/etc/conf', 6, 'added'],
  ]);
  assert.deepEqual([found.single, found.paths[0]?.exists], [true, true]);
  assert.deepEqual(found.paths[0]?.versions[2]?.facts.uid, 5);
});

test('blameImage() takes a directory for all that is or was below it', root, async (t) => {
  const at = bench(t);
  await built(at);
  const found = await blamed(at, ['etc/']);
  assert.deepEqual(
    found.paths.map(({ path, exists }) => [path, exists]),
    [
      ['/etc', true],
      ['/etc/alias', true],
      ['/etc/conf', true],
      ['/etc/sub', false],
      ['/etc/sub/x', false],
    ],
  );
  assert.equal(found.single, false);
});

test('blameImage() takes patterns, and follows links in the image', root, async (t) => {
  const at = bench(t);
  await built(at);
  assert.deepEqual(lines(await blamed(at, ['/**/x'])), [
    ['/etc/sub/x', 3, 'added'],
    ['/etc/sub/x', 5, 'deleted'],
  ]);
  assert.deepEqual(lines(await blamed(at, ['/etc/alias'])), [['/etc/alias', 3, 'added']]);
  const followed = await blamed(at, ['/etc/alias'], { follow: true });
  assert.deepEqual(
    followed.paths.map(({ path }) => path),
    ['/etc/alias', '/etc/conf'],
  );
  // Links on the way are always followed.
  assert.deepEqual(lines(await blamed(at, ['/cfg/alias'])), [['/etc/alias', 3, 'added']]);
});

test(
  'blameImage() takes a name that looks like a pattern, and one that is no text',
  root,
  async (t) => {
    const at = bench(t);
    await built(at);
    for (const path of ['/bin/[', '/bin/[y]', '/bin/?', '/bin/\udcff']) {
      // oxlint-disable-next-line no-await-in-loop
      assert.deepEqual(lines(await blamed(at, [path])), [[path, 3, 'added']]);
    }
    await assert.rejects(blamed(at, ['/etc/[']), { code: 'PATH_NOT_FOUND' });
  },
);

test('blameImage() says where else a name is that no layer has there', root, async (t) => {
  const at = bench(t);
  await built(at);
  await assert.rejects(blamed(at, ['/opt/conf']), {
    code: 'PATH_NOT_FOUND',
    message: 'no layer of app:1 has /opt/conf',
    hint: 'There is /etc/conf.',
  });
});
