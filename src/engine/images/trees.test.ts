import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addContainer, addImage, addIndex } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import type { ImageTree } from '../image-trees.ts';
import { listTrees } from './trees.ts';

test('listTrees() shows the platforms of an index below its names, other images alone', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const layers = [{ seed: 'a', size: 1000 }];
  const one = addImage(store, 'one', [], { createdAt: 2, layers });
  const two = addImage(store, 'two', [], { createdAt: 1 });
  const plain = addImage(store, 'plain', ['plain:1', 'other:1'], { createdAt: 3 });
  addContainer(store, 'c'.repeat(64), two, 'exited');
  const digest = addIndex(
    store,
    'multi',
    ['multi:1'],
    [
      [one, 'amd64'],
      [two, 'arm64'],
    ],
  );
  store.write(({ images }) => void images.tag('docker.io/library/single:1', one, 0));

  const trees = listTrees(store);

  assert.deepEqual(
    trees.map(({ names, id, platforms }) => [
      names,
      id,
      platforms.map(({ id: of, platform, inUse }) => [of, platform.architecture, inUse]),
    ]),
    [
      [['other:1', 'plain:1'], plain, []],
      [
        ['multi:1'],
        digest,
        [
          [one, 'amd64', false],
          [two, 'arm64', true],
        ],
      ],
      [['single:1'], one, []],
    ],
  );
  const [, multi, single] = trees as [ImageTree, ImageTree, ImageTree];
  assert.equal(multi.inUse, true);
  assert.equal(single.size - single.content, 1000);
  assert.equal(
    multi.size,
    multi.platforms.reduce((sum, { size }) => sum + size, 0),
  );
});
