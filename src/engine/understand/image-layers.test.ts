import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { imageLayers } from './image-layers.ts';

test('imageLayers() names the images that end with each layer and those that have it, too', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const base = { seed: 'base', size: 100 };
  const tool = { seed: 'tool', size: 7 };
  addImage(store, 'base', ['base:1'], { layers: [base] });
  addImage(store, 'app', ['app:1', 'app:latest'], {
    layers: [base, { seed: 'app', size: 20 }, tool],
  });
  const nameless = addImage(store, 'other', [], { layers: [tool] });
  const found = imageLayers(store, 'app:1');
  assert.deepEqual([found.size, found.tags], [127, ['app:1', 'app:latest']]);
  assert.deepEqual(
    found.layers.map(({ size, topOf, sharedWith }) => [size, topOf, sharedWith]),
    [
      [100, ['base:1'], ['base:1']],
      [20, [], []],
      // The same layer at another place is the same on the disk.
      [7, ['app:1', 'app:latest'], [nameless]],
    ],
  );
});
