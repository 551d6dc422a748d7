import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { chainId, type DiffId, digestOf } from '../../oci/digest.ts';
import { imageHistory } from './history.ts';

const BASE = [
  { created: '2026-01-01T00:00:00Z', created_by: 'COPY a /', comment: 'c' },
  { created: '2026-01-01T00:00:01Z', created_by: 'ENV A=b', empty_layer: true },
];
const LAYER = { seed: 'base', size: 100 };

test('imageHistory() gives layers their steps, newest first, and the image its ID', () => {
  using scratch = scratchStore();
  const config = { history: [...BASE, { created_by: 'RUN x' }] };
  const id = addImage(scratch.store, 'image', ['app:1'], {
    config,
    layers: [LAYER, { seed: 'top', size: 7 }],
  });
  const rows = imageHistory(scratch.store, 'app:1');
  assert.deepEqual(
    rows.map((row) => [row.id, row.createdBy, row.size, row.comment]),
    [
      [id, 'RUN x', 7, ''],
      [undefined, 'ENV A=b', 0, ''],
      [undefined, 'COPY a /', 100, 'c'],
    ],
  );
  assert.deepEqual(rows[2]?.created, new Date('2026-01-01T00:00:00Z'));
  assert.equal(rows[0]?.created, undefined);
});

test('imageHistory() shows the ID of a local parent at its last step', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const parent = addImage(store, 'parent', [], { config: { history: BASE }, layers: [LAYER] });
  const id = addImage(store, 'image', ['app:1'], {
    parent,
    config: { history: [...BASE, { created_by: 'sh', comment: 'my change' }] },
    layers: [LAYER, { seed: 'top', size: 16 }],
  });
  assert.deepEqual(
    imageHistory(store, 'app:1').map((row) => row.id),
    [id, parent, undefined],
  );
});

test('imageHistory() tells the Dockerfile lines of layers that were built here', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  addImage(store, 'image', ['app:1'], { config: { history: BASE }, layers: [LAYER] });
  const diffId = digestOf('layer base') as string as DiffId;
  const chain = chainId([diffId])!;
  store.write((tables) =>
    tables.layers.putOrigin({
      chain,
      diffId,
      instruction: 'COPY a /',
      file: 'Dockerfile',
      firstLine: 3,
      lastLine: 4,
    }),
  );
  const rows = imageHistory(store, 'app:1');
  assert.deepEqual(rows[1]?.origin, { file: 'Dockerfile', lines: [3, 4] });
  assert.equal(rows[0]?.origin, undefined);
});

test('imageHistory() lists layers that no step speaks of', () => {
  using scratch = scratchStore();
  addImage(scratch.store, 'image', ['app:1'], { layers: [LAYER] });
  assert.deepEqual(
    imageHistory(scratch.store, 'app:1').map((row) => [row.createdBy, row.size]),
    [['', 100]],
  );
});

test('imageHistory() knows the name it was asked for', () => {
  using scratch = scratchStore();
  assert.throws(() => imageHistory(scratch.store, 'nosuch'), {
    message: 'No such image: nosuch:latest',
  });
});
