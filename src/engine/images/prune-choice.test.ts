import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addContainer, addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import type { Store } from '../../store/store.ts';
import type { ImagePruneRequest } from '../prune-types.ts';
import { planPrune, pruneImages } from './prune.ts';

const DAY = 24 * 60 * 60 * 1000;
const NOW = 100 * DAY;
const CONTAINER = 'c'.repeat(64);

/** Names of what goes and what stays, each with the reason. */
function plan(store: Store, request: ImagePruneRequest): { going: string[]; staying: string[] } {
  const { going, staying } = planPrune(store, request);
  const told = ({ names, why }: { names: readonly string[]; why: string }): string =>
    `${names.join(' ') || '-'}: ${why}`;
  return { going: going.map(told), staying: staying.map(told) };
}

function house(): ReturnType<typeof scratchStore> {
  return scratchStore({ clock: { now: () => new Date(NOW) } });
}

/** An image that was made, and last used, so many days ago. */
function add(store: Store, name: string, days: number, size = 10): void {
  const at = NOW - days * DAY;
  const id = addImage(store, name, [], {
    createdAt: at,
    storedAt: at,
    layers: [{ seed: name, size }],
  });
  store.note((tables) => {
    if (name.includes(':')) tables.images.tag(`docker.io/library/${name}`, id, at);
    tables.images.use(id, at);
  });
}

test('pruneImages() keeps the newest of every repository, and forgets the nameless', async () => {
  using scratch = house();
  const { store } = scratch;
  for (const days of [1, 2, 3]) add(store, `app:${days}`, days);
  add(store, 'other:1', 50);
  add(store, 'nameless', 1);
  assert.deepEqual(plan(store, { keepLast: 2 }), {
    going: ['-: dangling', 'app:3: no container uses it'],
    staying: [
      'app:1: among the newest 2 of app',
      'app:2: among the newest 2 of app',
      'other:1: among the newest 2 of other',
    ],
  });
  const { removed } = await pruneImages(store, { keepLast: 2 });
  assert.equal(removed.filter((event) => 'untagged' in event).length, 1);
  assert.deepEqual(plan(store, { keepLast: 2 }).going, []);
});

test('pruneImages() keeps what was used since, and what may have been within a step of it', () => {
  using scratch = house();
  const { store } = scratch;
  add(store, 'old:1', 40);
  add(store, 'new:1', 20);
  add(store, 'edge:1', 30);
  const unusedSince = new Date(NOW - 30 * DAY);
  assert.deepEqual(plan(store, { unusedSince }), {
    going: ['old:1: no container uses it'],
    staying: ['new:1: used since', 'edge:1: used since'],
  });
});

test('pruneImages() removes the least recently used until the rest fits, the nameless first', () => {
  using scratch = house();
  const { store } = scratch;
  add(store, 'a:1', 5, 100);
  add(store, 'b:1', 9, 100);
  add(store, 'c:1', 7, 100);
  add(store, 'nameless', 1, 100);
  assert.deepEqual(plan(store, { maxTotal: 250 }).going, [
    '-: dangling',
    'b:1: no container uses it',
  ]);
  assert.deepEqual(plan(store, { maxTotal: 400 }).going, []);
  assert.equal(planPrune(store, { maxTotal: 250 }).bytes, 200);
});

test('every condition must let an image go', () => {
  using scratch = house();
  const { store } = scratch;
  add(store, 'app:new', 40);
  add(store, 'app:old', 50);
  add(store, 'app:older', 60);
  const request = { keepLast: 1, unusedSince: new Date(NOW - 55 * DAY) };
  assert.deepEqual(plan(store, request).going, ['app:older: no container uses it']);
});

test('a plan says what holds an image', () => {
  using scratch = house();
  const { store } = scratch;
  const parent = addImage(store, 'parent', ['base:1'], { createdAt: NOW - 3 });
  addImage(store, 'child', ['child:1'], { parent, createdAt: NOW - 2 });
  const used = addImage(store, 'used', ['used:1'], { createdAt: NOW - 1, parent });
  addContainer(store, CONTAINER, used, 'exited');
  assert.deepEqual(plan(store, { all: true }), {
    going: ['child:1: no container uses it'],
    staying: ['used:1: used by container cccccccc', 'base:1: images made from it stay'],
  });
  assert.deepEqual(plan(store, {}).staying.at(-1), 'base:1: it has a name');
});

test('a plan leaves no events and no changes', () => {
  using scratch = house();
  const { store } = scratch;
  addImage(store, 'go', []);
  assert.equal(planPrune(store).going.length, 1);
  assert.equal(
    store.read(({ events }) => events.last()),
    0,
  );
  assert.equal(planPrune(store).going.length, 1);
});
