import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { encoded } from '../../oci/digest.ts';
import { listImages } from './list.ts';
import { removeImages } from './remove.ts';
import { imageExists, untagImage } from './untag.ts';

test('untagImage() takes one name away; the image stays, with no name in the end', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  addImage(store, 'image', ['app:1', 'app:latest']);
  assert.equal(untagImage(store, 'app'), 'app:latest');
  assert.equal(untagImage(store, 'app:1'), 'app:1');
  assert.deepEqual(
    listImages(store).map(({ tags }) => tags),
    [[]],
  );
});

test('untagImage() of an ID is refused with the names of the image', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const short = encoded(addImage(store, 'image', ['app:1', 'b:1'])).slice(0, 12);
  assert.throws(() => untagImage(store, short), {
    message: `${short} is the ID of an image, not a name of it`,
    hint: 'It is called app:1, b:1.',
  });
});

test('imageExists() knows names and IDs, and throws for what can be neither', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const id = addImage(store, 'image', ['app:1']);
  assert.deepEqual(
    ['app:1', 'app', id, encoded(id).slice(0, 6)].map((text) => imageExists(store, text)),
    [true, false, true, true],
  );
  assert.throws(() => imageExists(store, 'Bad:Ref:x'), { code: 'INVALID_REFERENCE' });
});

test('removeImages() tells the layers that several had with the last of them', async () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const shared = { seed: 'shared', size: 1 };
  addImage(store, 'a', ['a:1'], { layers: [shared] });
  addImage(store, 'b', ['b:1'], { layers: [shared, { seed: 'own', size: 1 }] });
  const outcomes = await removeImages(store, ['a:1', 'nosuch:1', 'b:1', 'a:1']);
  assert.deepEqual(
    outcomes.map((one) => ('error' in one ? one.error.message : one.events.length)),
    [2, 'No such image: nosuch:1', 4, 'No such image: a:1'],
  );
});
