import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addContainer, addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { chainId, type DiffId, digestOf } from '../../oci/digest.ts';
import { listImages } from './list.ts';
import { planPrune, pruneImages } from './prune.ts';

const CONTAINER = 'c'.repeat(64);

test('pruneImages() removes unnamed images that nothing needs', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const dangling = addImage(store, 'dangling', []);
  const used = addImage(store, 'used', []);
  addContainer(store, CONTAINER, used, 'exited');
  const parent = addImage(store, 'parent', []);
  addImage(store, 'child', ['app:1'], { parent });

  const { removed } = await pruneImages(store);

  assert.deepEqual(removed, [{ deleted: dangling }]);
  assert.equal(listImages(store, { all: true }).length, 3);
});

test('pruneImages() with all removes every image that no container uses', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const app = addImage(store, 'app', ['app:1', 'app:2'], { createdAt: 1 });
  const used = addImage(store, 'used', ['used:1', 'used:2']);
  addContainer(store, CONTAINER, used, 'exited');

  const { removed } = await pruneImages(store, { all: true });

  assert.deepEqual(removed, [{ untagged: 'app:1' }, { untagged: 'app:2' }, { deleted: app }]);
  assert.deepEqual(
    listImages(store).map((image) => image.tags),
    [['used:1', 'used:2']],
  );
});

test('pruneImages() with all removes an image that has a tag and a digest in one repository', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const digest = `sha256:${'a'.repeat(64)}`;
  const app = addImage(store, 'app', ['x.example/app:1', `x.example/app@${digest}`]);
  const { removed } = await pruneImages(store, { all: true });
  assert.deepEqual(removed, [
    { untagged: 'x.example/app:1' },
    { untagged: `x.example/app@${digest}` },
    { deleted: app },
  ]);
});

test('pruneImages() with all removes an image after those made from it', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const parent = addImage(store, 'parent', ['base:1'], { createdAt: 1 });
  const child = addImage(store, 'child', ['app:1'], { createdAt: 2, parent });
  const { removed } = await pruneImages(store, { all: true });
  assert.deepEqual(removed, [
    { untagged: 'app:1' },
    { deleted: child },
    { untagged: 'base:1' },
    { deleted: parent },
  ]);
});

test('pruneImages() obeys labels, negated labels and times', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const b = addImage(store, 'b', [], { labels: { stage: 'b' }, createdAt: 10 });
  const c = addImage(store, 'c', [], { labels: { stage: 'c' }, createdAt: 20 });
  const ids = async (filter: object): Promise<readonly unknown[]> =>
    planPrune(store, { filter }).removed;
  assert.deepEqual(await ids({ label: ['stage=b'] }), [{ deleted: b }]);
  assert.deepEqual(await ids({ labelNot: ['stage=b'] }), [{ deleted: c }]);
  assert.deepEqual(await ids({ until: new Date(15) }), [{ deleted: b }]);
});

test('pruneImages() rehearses without changing anything, and counts what would be free', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const shared = { seed: 'shared', size: 1000 };
  addImage(store, 'keep', ['keep:1'], { layers: [shared] });
  const id = addImage(store, 'go', [], {
    layers: [shared, { seed: 'own', size: 30 }, { seed: 'cached', size: 4 }],
  });
  const { removed, bytes } = planPrune(store);
  assert.deepEqual({ removed, bytes }, { removed: [{ deleted: id }], bytes: 34 });
  assert.equal(listImages(store).length, 2);
});

test('pruneImages() does not count layers that the build cache knows', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, 'go', [], {
    layers: [
      { seed: 'cached', size: 30 },
      { seed: 'own', size: 4 },
    ],
  });
  const [cached, own] = ['cached', 'own'].map((seed) => digestOf(`layer ${seed}`)) as string[];
  const chain = chainId([cached as DiffId])!;
  store.note((tables) =>
    tables.cache.put({
      key: 'k',
      place: 'p',
      ingredients: [],
      chain,
      createdAt: 0,
      usedAt: 0,
      took: 1,
    }),
  );
  assert.equal(planPrune(store).bytes, 4);
  const { removed } = await pruneImages(store);
  assert.deepEqual(removed, [
    { deleted: id },
    { deleted: chainId([cached as DiffId, own as DiffId]) },
  ]);
  assert.ok(store.read((tables) => tables.layers.stack(chain)));
});
