import assert from 'node:assert/strict';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { bench, root, type Bench } from '../../build/testing/bench.ts';
import { overlaySnapshotter } from '../../snapshot/overlay.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { makeNode } from '../../sys/node.ts';
import { setXattr } from '../../sys/xattr.ts';
import { containerChanges } from '../containers/changes.ts';
import type { FileDifference } from '../understand-types.ts';
import { compareFile, compareImages } from './compare.ts';

const BEFORE = `FROM scratch
COPY tree /
ENV A=1 B=2
LABEL x=y
CMD ["a"]
`;
const AFTER = `FROM scratch
COPY tree /
RUN change
ENV A=1 B=3
USER 5
CMD ["a"]
`;

function change(upper: string): void {
  writeFileSync(`${upper}/same`, 'same');
  writeFileSync(`${upper}/text`, 'one\ntwo and a half\nthree\n');
  writeFileSync(`${upper}/mode`, 'mode');
  chmodSync(`${upper}/mode`, 0o755);
  writeFileSync(`${upper}/owner`, 'owner');
  chownSync(`${upper}/owner`, 1, 2);
  writeFileSync(`${upper}/xattr`, 'xattr');
  setXattr(`${upper}/xattr`, 'user.a', Buffer.from('b'));
  symlinkSync('text', `${upper}/type`);
  makeNode(`${upper}/gone`, 'char', 0, 0, 0);
  mkdirSync(`${upper}/dir`);
  writeFileSync(`${upper}/dir/new`, 'new');
  writeFileSync(Buffer.from(`${upper}/dir/\xff`, 'latin1'), 'strange');
  mkdirSync(`${upper}/var/lib/dpkg`, { recursive: true });
  writeFileSync(
    `${upper}/var/lib/dpkg/status`,
    'Package: a\nStatus: install ok installed\nVersion: 2\n\nPackage: b\nStatus: deinstall ok config-files\nVersion: 1\n',
  );
}

async function built(at: Bench): Promise<{ store: Store; snapshotter: Snapshotter }> {
  for (const name of ['same', 'mode', 'owner', 'xattr', 'type', 'gone']) {
    at.write(`tree/${name}`, name);
    chmodSync(at.path(`tree/${name}`), 0o644);
  }
  at.write('tree/text', 'one\ntwo\nthree\n');
  at.write(
    'tree/var/lib/dpkg/status',
    'Package: a\nStatus: install ok installed\nVersion: 1\n\nPackage: b\nStatus: install ok installed\nVersion: 1\n',
  );
  for (const [tag, text] of [
    ['1', BEFORE],
    ['2', AFTER],
  ] as const) {
    await at.build(text, { names: [`docker.io/library/app:${tag}`] }, async (_, upper) =>
      change(upper),
    );
  }
  return { store: at.store, snapshotter: overlaySnapshotter(at.store) };
}

const lines = (files: readonly FileDifference[]): string[] =>
  files
    // What every RUN leaves in an empty image.
    .filter(({ path }) => !['/dev', '/proc', '/sys'].includes(path))
    .map(({ path, change: what, aspects }) => [what, path, ...aspects].join(' '));

test('compareImages() tells files, settings, steps and packages that differ', root, async (t) => {
  const parts = await built(bench(t));
  const found = await compareImages(parts, ['app:1', 'app:2']);
  assert.deepEqual(lines(found.files), [
    'added /dir',
    'added /dir/new',
    'added /dir/\udcff',
    'deleted /gone',
    'changed /mode mode',
    'changed /owner owner',
    'changed /text content',
    'changed /type type',
    'changed /var/lib/dpkg/status content',
    'changed /xattr xattrs',
  ]);
  assert.deepEqual(found.config, [
    { key: 'Env B', before: '2', after: '3' },
    { key: 'Labels x', before: 'y' },
    { key: 'User', after: '5' },
  ]);
  assert.deepEqual(
    found.steps.map(({ createdBy, before, after }) => [
      createdBy,
      before?.size,
      after?.origin?.lines,
    ]),
    [['RUN /bin/sh -c change # buildkit', undefined, [3, 3]]],
  );
  assert.deepEqual(found.packages, [
    { name: 'a', before: '1', after: '2' },
    { name: 'b', before: '1' },
  ]);
  assert.equal(found.same, false);
});

test('compareImages() finds an image like itself, and keeps to paths', root, async (t) => {
  const parts = await built(bench(t));
  const self = await compareImages(parts, ['app:2', 'app:2']);
  assert.deepEqual([self.same, self.files, self.config, self.steps], [true, [], [], []]);
  const part = await compareImages(parts, ['app:1', 'app:2'], { paths: ['/dir/', 'same'] });
  assert.deepEqual(lines(part.files), ['added /dir', 'added /dir/new', 'added /dir/\udcff']);
  assert.deepEqual([part.config, part.same], [[], false]);
  const none = await compareImages(parts, ['app:1', 'app:2'], { paths: ['/same'] });
  assert.equal(none.same, true);
});

test('compareFile() is a unified diff of one file', root, async (t) => {
  const parts = await built(bench(t));
  const found = await compareFile(parts, ['app:1', 'app:2'], 'text');
  assert.equal(
    found.text,
    '--- app:1/text\n+++ app:2/text\n@@ -1,3 +1,3 @@\n one\n-two\n+two and a half\n three\n',
  );
  const added = await compareFile(parts, ['app:1', 'app:2'], '/dir/new');
  assert.equal(
    added.text,
    '--- /dev/null\n+++ app:2/dir/new\n@@ -0,0 +1 @@\n+new\n\\ No newline at end of file\n',
  );
  const strange = await compareFile(parts, ['app:1', 'app:2'], '/dir/\udcff');
  assert.match(strange.text, /\+strange/);
  await assert.rejects(compareFile(parts, ['app:1', 'app:2'], '/nope'), { code: 'PATH_NOT_FOUND' });
});

test('a container is told by its changes, and compared with all that it has', root, async (t) => {
  const at = bench(t);
  const parts = await built(at);
  const { store, snapshotter } = parts;
  const image = store.read(({ images }) => images.named('docker.io/library/app:2')?.image)!;
  const id = 'c'.repeat(64);
  const upper = join(store.paths.containers, id, 'upper');
  mkdirSync(`${upper}/dir/sub`, { recursive: true });
  writeFileSync(`${upper}/dir/sub/x`, 'x');
  makeNode(`${upper}/text`, 'char', 0, 0, 0);
  writeFileSync(`${upper}/same`, 'not the same');
  store.write((tables) => {
    const chain = tables.images.get(image)?.chain;
    const row = { id, name: 'web', image, createdAt: 0, state: 'exited' as const, json: '{}' };
    tables.containers.put({ ...row, ...(chain && { chain }) });
  });
  assert.deepEqual(
    containerChanges(store, snapshotter, 'web').map(({ path, change: what }) => `${what} ${path}`),
    ['changed /dir', 'added /dir/sub', 'added /dir/sub/x', 'changed /same', 'deleted /text'],
  );
  const found = await compareImages(parts, ['app:2', 'web']);
  assert.deepEqual(
    lines(found.files).filter((line) => !line.startsWith('changed /dir')),
    ['added /dir/sub', 'added /dir/sub/x', 'changed /same content', 'deleted /text'],
  );
  assert.equal(found.after.kind, 'container');

  // What a process in the container may do between two system calls of ours.
  const outside = join(store.paths.containers, 'outside');
  mkdirSync(outside);
  writeFileSync(`${outside}/secret`, 'x');
  const swapping: Snapshotter = {
    ...snapshotter,
    view: (layers) => {
      const view = snapshotter.view(layers);
      return {
        find(path, options) {
          if (String(path) === '/dir' && !existsSync(`${upper}/moved`)) {
            renameSync(`${upper}/dir`, `${upper}/moved`);
            symlinkSync(outside, `${upper}/dir`);
          }
          return view.find(path, options);
        },
        list: (directory) => view.list(directory),
        read: (path, limit) => view.read(path, limit),
        readlink: (entry) => view.readlink(entry),
        place: (path) => view.place(path),
      };
    },
  };
  const told = containerChanges(store, swapping, 'web').map(({ path }) => path);
  assert.ok(told.includes('/text'));
  assert.doesNotMatch(told.join(), /secret/);
});
