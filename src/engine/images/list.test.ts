import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addContainer, addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { encoded } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { ImageFilter } from '../engine.ts';
import { listImages } from './list.ts';

const HOUR = 3_600_000;

/** Three images an hour apart, the newest without a name, and one whose time is unknown. */
function fill(store: Store): void {
  addImage(store, 'one', ['app:v1', 'myapp:v1', 'localhost:5599/team/app:v1'], {
    createdAt: 1 * HOUR,
    labels: { environment: 'prod', stage: 'b' },
  });
  addImage(store, 'two', ['app:v2'], {
    createdAt: 2 * HOUR,
    labels: { environment: 'prod', stage: 'c' },
  });
  addImage(store, 'three', [], { createdAt: 3 * HOUR, labels: { environment: 'test' } });
  addImage(store, 'timeless', ['base:1'], { storedAt: 4 * HOUR });
}

/** Names of the images in order; `-` for those without. */
function listed(store: Store, filter: ImageFilter & { all?: boolean } = {}): string {
  return listImages(store, filter)
    .map((image) => image.tags.join(',') || '-')
    .join(' ');
}

const CASES: readonly (readonly [string, ImageFilter, string])[] = [
  ['nothing', {}, 'base:1 - app:v2 app:v1,myapp:v1,localhost:5599/team/app:v1'],
  ['a repository', { reference: ['app'] }, 'app:v2 app:v1'],
  ['a tag', { reference: ['app:v2'] }, 'app:v2'],
  ['a glob', { reference: ['a*'] }, 'app:v2 app:v1'],
  ['a glob that does not cross slashes', { reference: ['team/*'] }, ''],
  ['a glob over a path', { reference: ['*/team/*'] }, 'localhost:5599/team/app:v1'],
  ['a whole name', { reference: ['docker.io/library/app'] }, 'app:v2 app:v1'],
  ['a class', { reference: ['app:v[2-9]'] }, 'app:v2'],
  ['two references, ORed', { reference: ['*:v2', 'base'] }, 'base:1 app:v2'],
  ['a label', { label: ['environment'] }, '- app:v2 app:v1,myapp:v1,localhost:5599/team/app:v1'],
  ['a label with its value', { label: ['environment=test'] }, '-'],
  ['two labels, ANDed', { label: ['environment=prod', 'stage=c'] }, 'app:v2'],
  ['a label that every object has', { label: ['toString'] }, ''],
  ['dangling', { dangling: true }, '-'],
  [
    'not dangling',
    { dangling: false, label: ['environment'] },
    'app:v2 app:v1,myapp:v1,localhost:5599/team/app:v1',
  ],
  ['before', { before: ['app:v2'] }, 'app:v1,myapp:v1,localhost:5599/team/app:v1'],
  ['since, strictly', { since: ['app:v2'] }, 'base:1 -'],
  ['before and since', { before: ['base:1'], since: ['app:v1'] }, '- app:v2'],
  [
    'before twice, ANDed',
    { before: ['base:1', 'app:v2'] },
    'app:v1,myapp:v1,localhost:5599/team/app:v1',
  ],
  ['until', { until: new Date(2 * HOUR) }, 'app:v1,myapp:v1,localhost:5599/team/app:v1'],
  [
    'until, for an image that says no time',
    { until: new Date(4 * HOUR + 1), reference: ['base'] },
    'base:1',
  ],
];

for (const [what, filter, expected] of CASES) {
  test(`listImages() filters by ${what}`, () => {
    using scratch = scratchStore();
    fill(scratch.store);
    assert.equal(listed(scratch.store, filter), expected);
  });
}

test('listImages() says which image of a filter is not there', () => {
  using scratch = scratchStore();
  assert.throws(() => listImages(scratch.store, { since: ['nosuch:1'] }), {
    message: 'No such image: nosuch:1',
  });
});

test('listImages() shows unnamed parents only when all are asked for', () => {
  using scratch = scratchStore();
  const parent = addImage(scratch.store, 'parent', [], { createdAt: HOUR });
  addImage(scratch.store, 'child', ['app:1'], { createdAt: 2 * HOUR, parent });
  assert.equal(listed(scratch.store), 'app:1');
  assert.equal(listed(scratch.store, { all: true }), 'app:1 -');
});

test('listImages() filters by what stands on an image', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const parent = addImage(store, 'parent', [], { createdAt: HOUR });
  const child = addImage(store, 'child', ['app:1'], { createdAt: 2 * HOUR, parent });
  addContainer(store, 'a'.repeat(64), child, 'exited');
  assert.equal(listed(store, { containers: true }), 'app:1');
  assert.equal(listed(store, { containers: false, all: true }), '-');
  assert.equal(listed(store, { intermediate: true }), '-');
  assert.equal(listed(store, { intermediate: false, all: true }), 'app:1');
});

test('listImages() filters by how IDs and digests begin', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const one = addImage(store, 'one', ['app:1', `app@sha256:${'d'.repeat(64)}`]);
  addImage(store, 'two', ['app:2']);
  const manifest = store.read((tables) => tables.images.get(one))?.manifest.digest ?? '';
  assert.equal(listed(store, { id: [encoded(one).slice(0, 12)] }), 'app:1');
  assert.equal(listed(store, { id: [encoded(one), 'f'.repeat(64)] }), 'app:1');
  assert.equal(listed(store, { id: ['x'] }), '');
  assert.equal(listed(store, { digest: [manifest.slice(7, 30)] }), 'app:1');
  assert.equal(listed(store, { digest: ['dddd'] }), 'app:1');
});

test('listImages() counts containers and tells tags from digests', () => {
  using scratch = scratchStore();
  const digest = `sha256:${'d'.repeat(64)}`;
  const id = addImage(scratch.store, 'one', ['app:v1', `app@${digest}`]);
  addContainer(scratch.store, 'a'.repeat(64), id, 'running');
  addContainer(scratch.store, 'b'.repeat(64), id, 'exited');
  const [image] = listImages(scratch.store);
  assert.deepEqual(
    { tags: image?.tags, digests: image?.digests, containers: image?.containers },
    { tags: ['app:v1'], digests: [`app@${digest}`], containers: 2 },
  );
});
