import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addImage } from '../../../test/image-rows.ts';
import { scratchStore } from '../../../test/scratch-store.ts';
import { encoded } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import { findImage } from './find.ts';

test('findImage() takes IDs, their beginnings and names in every spelling', () => {
  using scratch = scratchStore();
  const id = addImage(scratch.store, 'image', ['app', `app@sha256:${'d'.repeat(64)}`]);
  const hex = encoded(id);
  const spellings = [
    id,
    hex,
    hex.slice(0, 12),
    hex.slice(0, 1),
    `sha256:${hex.slice(0, 7)}`,
    'app',
    'app:latest',
    'library/app',
    'docker.io/app',
    'docker.io/library/app:latest',
    `app@sha256:${'d'.repeat(64)}`,
  ];
  for (const spelling of spellings) assert.equal(findImage(scratch.store, spelling).id, id);
});

test('findImage() finds by the digest of the manifest where the repository fits', () => {
  using scratch = scratchStore();
  const id = addImage(scratch.store, 'image', ['app:1']);
  const { digest } = findImage(scratch.store, 'app:1').manifest;
  assert.equal(findImage(scratch.store, `app@${digest}`).id, id);
  assert.throws(() => findImage(scratch.store, `other@${digest}`), { code: 'IMAGE_NOT_FOUND' });
});

test('findImage() prefers a name to the beginning of an ID', () => {
  using scratch = scratchStore();
  const one = addImage(scratch.store, 'one', ['sv:b']);
  const prefix = encoded(one).slice(0, 6);
  const other = addImage(scratch.store, 'other', [prefix]);
  assert.equal(findImage(scratch.store, prefix).id, other);
});

test('findImage() refuses the beginning of several IDs', () => {
  using scratch = scratchStore();
  const shared = addUntilPrefixIsShared(scratch.store);
  assert.throws(() => findImage(scratch.store, shared), { code: 'AMBIGUOUS_IMAGE' });
});

test('findImage() names what the beginning of several IDs may mean', () => {
  using scratch = scratchStore();
  const shared = addUntilPrefixIsShared(scratch.store);
  const rows = scratch.store.read((tables) => tables.images.byPrefix(shared, 2));
  const [one = '', two = ''] = rows.map((id) => encoded(id).slice(0, 12));
  scratch.store.write((tables) =>
    tables.images.tag('docker.io/library/named:1', rows[1] ?? rows[0]!, 0),
  );
  assert.throws(() => findImage(scratch.store, shared), {
    hint: `Give more of its digits, or a name: ${one}, ${two} (named:1).`,
  });
});

/** With more images than hex digits, two begin alike. */
function addUntilPrefixIsShared(store: Store): string {
  const seen = new Set<string>();
  for (let count = 0; ; count += 1) {
    const first = encoded(addImage(store, `image ${count}`, [])).slice(0, 1);
    if (seen.has(first)) return first;
    seen.add(first);
  }
}

const MISSING: readonly (readonly [string, string])[] = [
  ['nosuch', 'No such image: nosuch:latest'],
  ['nosuch:1', 'No such image: nosuch:1'],
  ['user/nosuch', 'No such image: user/nosuch:latest'],
  ['abcdef', 'No such image: abcdef:latest'],
  ['a'.repeat(64), `No such image: ${'a'.repeat(64)}`],
  [`sha256:${'a'.repeat(64)}`, `No such image: sha256:${'a'.repeat(64)}`],
];

for (const [text, message] of MISSING) {
  test(`findImage() says of ${text.slice(0, 20)} that there is none`, () => {
    using scratch = scratchStore();
    assert.throws(() => findImage(scratch.store, text), { message });
  });
}

test('findImage() suggests names that look alike', () => {
  using scratch = scratchStore();
  addImage(scratch.store, 'image', ['lerndevops/myapp:v1']);
  addImage(scratch.store, 'other', ['unlike:1']);
  assert.throws(() => findImage(scratch.store, 'lermdevops/myapp:v1'), {
    hint: "Did you mean 'lerndevops/myapp:v1'?",
  });
  assert.throws(() => findImage(scratch.store, 'lerndevops/myapp'), {
    message: 'No such image: lerndevops/myapp:latest',
    hint: "Did you mean 'lerndevops/myapp:v1'?",
  });
  assert.throws(() => findImage(scratch.store, 'nosuch'), { hint: undefined });
});

test('findImage() says what is wrong with a text that can be neither', () => {
  using scratch = scratchStore();
  assert.throws(() => findImage(scratch.store, 'Bad:Ref:x'), {
    message: 'invalid reference format: repository name (library/Bad) must be lowercase',
  });
});
