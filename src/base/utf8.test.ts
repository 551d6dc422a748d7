import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decodeUtf8, holdsOddBytes } from './utf8.ts';

test('decodeUtf8() reads UTF-8 and keeps a byte order mark', () => {
  assert.equal(decodeUtf8(Buffer.from('\ufeffé☃🚀')), '\ufeffé☃🚀');
});

test('decodeUtf8() keeps each odd byte apart and the text around it', () => {
  const bytes = Buffer.concat([
    Buffer.from('é'),
    Buffer.from([0xff, 0xc3, 0x28, 0xed, 0xa0, 0x80, 0xf0, 0x9f]),
  ]);
  assert.equal(decodeUtf8(bytes), 'é\udcff\udcc3(\udced\udca0\udc80\udcf0\udc9f');
});

test('decodeUtf8() refuses overlong forms and code points beyond the last', () => {
  const bytes = Buffer.from([0xc0, 0xaf, 0xe0, 0x80, 0xaf, 0xf5]);
  assert.equal(decodeUtf8(bytes), '\udcc0\udcaf\udce0\udc80\udcaf\udcf5');
});

test('holdsOddBytes() tells odd bytes from astral characters', () => {
  assert.equal(holdsOddBytes('🚀'), false);
  assert.equal(holdsOddBytes('a\udcffb'), true);
});
