import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ByteSearch, PieceSearch } from './byte-search.ts';

const search = (...patterns: string[]): ByteSearch =>
  new ByteSearch(patterns.map((pattern) => Buffer.from(pattern)));

test('find() gives the first place of any pattern', () => {
  const bytes = Buffer.from('one two three two');
  assert.deepEqual(search('three', 'two').find(bytes), { at: 4, pattern: 1 });
  assert.deepEqual(search('three', 'two').find(bytes, 5), { at: 8, pattern: 0 });
  assert.equal(search('four', 'five').find(bytes), undefined);
});

test('find() tells patterns apart that begin alike', () => {
  assert.deepEqual(search('token-b', 'token-a').find(Buffer.from('a token-a')), {
    at: 2,
    pattern: 1,
  });
});

test('find() finds what fills everything, and nothing in less', () => {
  assert.deepEqual(search('secret').find(Buffer.from('secret')), { at: 0, pattern: 0 });
  assert.equal(search('secret').find(Buffer.from('secre')), undefined);
  assert.equal(search('secret').find(Buffer.alloc(0)), undefined);
});

test('find() takes patterns longer than a shift can be', () => {
  const long = 'x'.repeat(300) + 'y';
  assert.deepEqual(search(long).find(Buffer.from(`__${'x'.repeat(50)}${long}`)), {
    at: 52,
    pattern: 0,
  });
});

test('patterns of one byte are refused', () => {
  assert.throws(() => search('ab', 'c'), RangeError);
});

test('next() finds what lies across any number of pieces', () => {
  const pieces = new PieceSearch(search('0123456789', 'unrelated'));
  for (const piece of ['..0', '12', '345', '67', '8']) {
    assert.equal(pieces.next(Buffer.from(piece)), undefined);
  }
  assert.deepEqual(pieces.next(Buffer.from('9..')), { at: -9, pattern: 0 });
});

test('reset() forgets the piece before', () => {
  const pieces = new PieceSearch(search('secret'));
  pieces.next(Buffer.from('sec'));
  pieces.reset();
  assert.equal(pieces.next(Buffer.from('ret')), undefined);
});
