import assert from 'node:assert/strict';
import { test } from 'node:test';
import { placeOf } from './copy-places.ts';

test('placeOf() reads the places of skopeo, with paths from where it is', () => {
  const read = (text: string): unknown => placeOf(text, '/here');
  assert.deepEqual(read('docker://host:5000/app:v1'), {
    kind: 'registry',
    name: 'host:5000/app:v1',
  });
  assert.deepEqual(read('stave:app:v1'), { kind: 'store', name: 'app:v1' });
  assert.deepEqual(read('dir:some/place'), { kind: 'dir', path: '/here/some/place' });
  assert.deepEqual(read('oci:/layout'), { kind: 'layout', path: '/layout', tag: undefined });
  assert.deepEqual(read('oci:layout:team/app:v1'), {
    kind: 'layout',
    path: '/here/layout',
    tag: 'team/app:v1',
  });
  const archive = { kind: 'archive', form: 'oci', path: 'a.tar', name: undefined };
  assert.deepEqual(read('oci-archive:a.tar'), archive);
  assert.deepEqual(read('docker-archive:-:app:v1'), {
    kind: 'archive',
    form: 'docker',
    path: '-',
    name: 'app:v1',
  });
});

test('placeOf() refuses what does not say what it is, and names what would', () => {
  for (const text of ['alpine', 'docker:alpine', './dir', 'ostree:x', '']) {
    assert.throws(() => placeOf(text, '/'), {
      message: `${JSON.stringify(text)} does not say what it is`,
      hint: /stave:NAME/,
    });
  }
  for (const text of ['oci:', 'dir:', 'docker://', 'oci-archive::v1', 'stave:']) {
    assert.throws(() => placeOf(text, '/'), /names nothing/);
  }
});

test("placeOf() refuses other programs' stores and names the form of this one", () => {
  for (const text of ['containers-storage:app', 'docker-daemon:app:v1']) {
    assert.throws(() => placeOf(text, '/'), { message: /another program$/, hint: /^stave:NAME/ });
  }
});
