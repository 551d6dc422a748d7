import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { TarEntry, TarEntryType } from '../../layer/tar-entry.ts';
import { LayerTree } from './layer-tree.ts';

function entry(path: string | Uint8Array, size = 0, type: TarEntryType = 'file'): TarEntry {
  return {
    path: Buffer.from(path),
    type,
    mode: 0o644,
    uid: 0,
    gid: 0,
    size,
    mtime: 0n,
    xattrs: new Map(),
  };
}

function treeOf(...entries: readonly TarEntry[]): LayerTree {
  const tree = new LayerTree();
  for (const one of entries) tree.add(one);
  tree.finish();
  return tree;
}

test('list() gives what is in a directory, which has the size of all that', () => {
  const tree = treeOf(
    entry('./usr/bin/a', 10),
    entry('usr/b', 5),
    entry('z', 1),
    entry('etc/c', 2),
  );
  const root = tree.list(0) ?? [];
  assert.deepEqual(
    root.map(({ name, kind, size, entries }) => [name, kind, size, entries]),
    [
      ['etc', 'directory', 2, 1],
      ['usr', 'directory', 15, 2],
      ['z', 'file', 1, undefined],
    ],
  );
  assert.deepEqual(
    tree.list(root[1]?.id ?? -1)?.map(({ name, size }) => [name, size]),
    [
      ['bin', 10],
      ['b', 5],
    ],
  );
  assert.equal(tree.list(999), undefined);
});

test('list() tells what a layer takes away', () => {
  const tree = treeOf(entry('var/.wh.lists'), entry('opt/.wh..wh..opq'));
  const [opt, gone] = tree.list(0) ?? [];
  assert.deepEqual([opt?.name, opt?.isOpaque], ['opt', true]);
  assert.deepEqual(
    tree.list(gone?.id ?? -1)?.map(({ name, kind }) => [name, kind]),
    [['lists', 'whiteout']],
  );
});

test('an entry that comes twice is what it was last', () => {
  const [file] = treeOf(entry('a', 10), entry('a', 3)).list(0) ?? [];
  assert.equal(file?.size, 3);
});

test('find() looks at names, and at paths when there is a slash in what is searched', () => {
  const tree = treeOf(entry('usr/Lib/libssl.so', 1), entry('usr/lib64/x', 1), entry('lib/y', 1));
  const found = (text: string): readonly string[] =>
    tree.find(text, 10).files.map(({ name }) => name);
  assert.deepEqual(found('SSL'), ['usr/Lib/libssl.so']);
  assert.deepEqual(found('sr/lib/libs'), ['usr/Lib/libssl.so']);
  assert.deepEqual(found('lib/'), ['usr/Lib/libssl.so', 'lib/y']);
  assert.deepEqual(found('/lib'), ['usr/Lib', 'usr/Lib/libssl.so', 'usr/lib64', 'lib']);
  assert.deepEqual(found('nothing'), []);
  const { files, total } = tree.find('lib', 1);
  assert.deepEqual([files.length, total], [1, 4]);
});

test('names that would be something in JavaScript are only names', () => {
  const tree = treeOf(entry('__proto__/constructor', 1), entry('../../etc/passwd', 1));
  assert.deepEqual(
    tree.list(0)?.map(({ name }) => name),
    ['..', '__proto__'],
  );
});

test('add() takes no more than a list may hold', () => {
  const tree = new LayerTree();
  assert.equal(tree.add(entry(`${'d/'.repeat(200)}f`)), false);
  let taken = 0;
  while (taken < 2_000_000 && tree.add(entry(`f${taken}`))) taken += 1;
  assert.ok(taken > 100_000 && taken < 200_000, `${taken}`);
});
