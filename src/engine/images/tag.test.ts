import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { encoded } from '../../oci/digest.ts';
import { listImages } from './list.ts';
import { tagImage } from './tag.ts';

test('tagImage() adds a name, by ID too, and moves one that is there', () => {
  using scratch = scratchStore();
  const { store } = scratch;
  const one = addImage(store, 'one', ['app:v1'], { createdAt: 2 });
  addImage(store, 'two', ['app:v2'], { createdAt: 1 });
  tagImage(store, encoded(one).slice(0, 12), 'byid');
  tagImage(store, 'app:v1', 'app:v2');
  assert.deepEqual(
    listImages(store).map((image) => image.tags),
    [['app:v1', 'app:v2', 'byid:latest'], []],
  );
});

const REFUSED: readonly (readonly [string, string])[] = [
  [
    'Bad:1',
    '"Bad:1" is not a valid repository/tag: invalid reference format: repository name (library/Bad) must be lowercase',
  ],
  ['a b', '"a b" is not a valid repository/tag: invalid reference format'],
  ['x:bad/tag', '"x:bad/tag" is not a valid repository/tag: invalid reference format'],
  ['sha256:aaaa', 'refusing to create an ambiguous tag using digest algorithm as name'],
  [`x@sha256:${'a'.repeat(64)}`, 'refusing to create a tag with a digest reference'],
];

for (const [target, message] of REFUSED) {
  test(`tagImage() refuses ${target.slice(0, 12)}`, () => {
    using scratch = scratchStore();
    addImage(scratch.store, 'one', ['app:v1']);
    assert.throws(() => tagImage(scratch.store, 'app:v1', target), { message });
    assert.equal(listImages(scratch.store)[0]?.tags.length, 1);
  });
}

test('tagImage() knows what is not there', () => {
  using scratch = scratchStore();
  assert.throws(() => tagImage(scratch.store, 'nosuch:1', 'x:1'), {
    message: 'No such image: nosuch:1',
  });
});
