import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { openStore } from '../../store/open-store.ts';
import { recordImage, recordPrune } from '../../store/record-event.ts';
import type { StaveEvent } from '../event-types.ts';
import { removeImage } from '../images/remove.ts';
import { tagImage } from '../images/tag.ts';
import { eventTest } from './event-filter.ts';
import { events } from './events.ts';

async function told(...[store, request]: Parameters<typeof events>): Promise<string[]> {
  const found = await Array.fromAsync(events(store, { until: store.clock.now(), ...request }));
  return found.map(({ action, attributes }) => `${action} ${attributes['name'] ?? ''}`);
}

test('events() tells what was done to an image, in order, with its labels', async () => {
  using scratch = scratchStore({ clock: { now: () => new Date(1000) } });
  const { store } = scratch;
  const id = addImage(store, 'image', ['app:1'], { labels: { stage: 'x' } });
  tagImage(store, 'app:1', 'team/app:2');
  await removeImage(store, 'team/app:2');
  await removeImage(store, 'app:1');
  const found = await Array.fromAsync(events(store, { until: store.clock.now() }));
  assert.deepEqual(
    found.map(({ type, action, actor, attributes }) => ({ type, action, actor, ...attributes })),
    [
      { type: 'image', action: 'tag', actor: id, name: 'team/app:2', stage: 'x' },
      { type: 'image', action: 'untag', actor: id, name: 'team/app:2', stage: 'x' },
      { type: 'image', action: 'untag', actor: id, name: 'app:1', stage: 'x' },
      { type: 'image', action: 'delete', actor: id, name: id },
    ],
  );
  assert.deepEqual(found[0]?.at, new Date(1000));
});

test('events() leaves out what was before since and after until', async () => {
  let now = 1000;
  using scratch = scratchStore({ clock: { now: () => new Date(now) } });
  const { store } = scratch;
  addImage(store, 'image', ['app:1']);
  for (now = 2000; now <= 5000; now += 1000) tagImage(store, 'app:1', `app:${now}`);
  assert.deepEqual(await told(store, { since: new Date(3000), until: new Date(4000) }), [
    'tag app:3000',
    'tag app:4000',
  ]);
  assert.equal((await told(store, { until: new Date(2000) })).length, 1);
});

test('events() tells at once what another connection does, until the signal', async () => {
  using scratch = scratchStore();
  addImage(scratch.store, 'image', ['app:1']);
  tagImage(scratch.store, 'app:1', 'app:before');
  const stop = new AbortController();
  using other = openStore(scratch.root);
  const live = events(other, { signal: stop.signal });
  const first = live.next();
  tagImage(scratch.store, 'app:1', 'app:live');
  assert.equal((await first).value?.attributes['name'], 'app:live');
  const second = live.next();
  setImmediate(() => tagImage(scratch.store, 'app:1', 'app:more'));
  assert.equal((await second).value?.attributes['name'], 'app:more');
  const third = live.next();
  stop.abort();
  assert.equal((await third).done, true);
});

test('events() undoes what was recorded when the transaction is undone', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, 'image', ['app:1']);
  assert.throws(() =>
    store.write((tables) => {
      recordImage(tables, 'tag', id, 1, 'docker.io/library/x:1');
      throw new Error('no');
    }),
  );
  assert.deepEqual(await told(store, {}), []);
});

test('the store keeps the newest ten thousand events', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  store.note((tables) => {
    for (let i = 0; i < 10_010; i++) recordPrune(tables, 'image', i, 0);
  });
  const kept = store.read(({ events: table }) => table.after(0));
  assert.deepEqual([kept.length, kept[0]?.at, kept.at(-1)?.at], [10_000, 10, 10_009]);
});

test('labels that take too much room are left out of an event, its names are not', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const labels = { long: 'x'.repeat(1_000_000), short: 'y' };
  const id = addImage(store, 'image', [], { labels });
  store.note((tables) => recordImage(tables, 'save', id, 1));
  const [event] = store.read(({ events: table }) => table.after(0));
  assert.deepEqual({ ...event?.attributes }, { short: 'y', name: id });
});

const IMAGE: StaveEvent = {
  at: new Date(0),
  type: 'image',
  action: 'tag',
  actor: `sha256:${'ab'.repeat(32)}`,
  attributes: { name: 'localhost:5000/team/app:v1', stage: 'x' },
};
const CONTAINER: StaveEvent = {
  at: new Date(0),
  type: 'container',
  action: 'die',
  actor: 'cd'.repeat(32),
  attributes: { name: 'web1', image: 'app:v1', k: 'v' },
};

for (const [filter, image, container] of [
  [{}, true, true],
  [{ type: ['image'] }, true, false],
  [{ type: ['image', 'container'], action: ['die'] }, false, true],
  [{ image: ['localhost:5000/team/app'] }, true, false],
  [{ image: ['localhost:5000/team/app:v1', 'app'] }, true, true],
  [{ image: ['app:v'] }, false, false],
  [{ image: ['abababababab'] }, true, false],
  [{ image: ['abab'] }, false, false],
  [{ container: ['web'] }, false, true],
  [{ container: ['cdcd'] }, false, true],
  [{ label: ['k'] }, false, true],
  [{ label: ['k=v', 'stage'] }, false, false],
  [{ label: ['k=w'] }, false, false],
  [{ other: ['volume'] }, false, false],
] as const) {
  test(`eventTest() with ${JSON.stringify(filter)}`, () => {
    assert.deepEqual([IMAGE, CONTAINER].map(eventTest(filter)), [image, container]);
  });
}
