import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LayerNameError } from './errors.ts';
import { whiteoutOf } from './whiteout.ts';

const of = (path: string): { kind: string; path: string } | undefined => {
  const found = whiteoutOf(Buffer.from(path));
  return found && { kind: found.kind, path: found.path.toString() };
};

test('whiteoutOf() names the file that a whiteout hides', () => {
  assert.deepEqual(of('.wh.a'), { kind: 'whiteout', path: 'a' });
  assert.deepEqual(of('etc/.wh.passwd'), { kind: 'whiteout', path: 'etc/passwd' });
  assert.deepEqual(of('./etc/.wh.passwd/'), { kind: 'whiteout', path: './etc/passwd' });
  assert.deepEqual(of('.wh....'), { kind: 'whiteout', path: '...' });
});

test('whiteoutOf() names the directory that an opaque whiteout empties', () => {
  assert.deepEqual(of('.wh..wh..opq'), { kind: 'opaque', path: '' });
  assert.deepEqual(of('var/cache/.wh..wh..opq'), { kind: 'opaque', path: 'var/cache' });
});

test('whiteoutOf() lets a whiteout hide a name that looks like one', () => {
  assert.deepEqual(of('.wh..wh.a'), { kind: 'whiteout', path: '.wh.a' });
});

test('whiteoutOf() takes other names for what they are', () => {
  for (const path of ['', 'a', '.w', '.wh', '.who', '.whx', 'x.wh.a', '.wh.d/a', 'a/b', '/']) {
    assert.equal(of(path), undefined, path);
  }
});

test('whiteoutOf() refuses whiteouts of nothing, of their directory and of its parent', () => {
  for (const path of ['.wh.', '.wh..', '.wh...', 'a/.wh.', 'a/.wh...', 'a/.wh../']) {
    assert.throws(() => whiteoutOf(Buffer.from(path)), LayerNameError, path);
  }
});

test('whiteoutOf() keeps names that are not UTF-8', () => {
  const found = whiteoutOf(Buffer.concat([Buffer.from('d/.wh.'), Buffer.of(0xff, 0xfe)]));
  assert.deepEqual(found?.path, Buffer.concat([Buffer.from('d/'), Buffer.of(0xff, 0xfe)]));
});
