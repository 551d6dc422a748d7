import assert from 'node:assert/strict';
import { createHash, createHmac } from 'node:crypto';
import { test } from 'node:test';
import { hmacSha256, sha256 } from './sha256.ts';

/** Bytes without a pattern, the same each time. */
function bytes(length: number): Buffer {
  let state = length + 1;
  return Buffer.from(
    Array.from({ length }, () => (state = (Math.imul(state, 1103515245) + 12345) | 0) >>> 24),
  );
}

test('sha256() gives what node:crypto gives for every length around its blocks', () => {
  for (let length = 0; length <= 300; length++) {
    const data = bytes(length);
    assert.deepEqual(sha256(data), createHash('sha256').update(data).digest(), `${length} bytes`);
  }
});

test('sha256() gives what node:crypto gives for a megabyte', () => {
  const data = bytes(1 << 20);
  assert.deepEqual(sha256(data), createHash('sha256').update(data).digest());
});

test('hmacSha256() gives what node:crypto gives for short, full and long keys', () => {
  for (const length of [0, 1, 32, 63, 64, 65, 200]) {
    const key = bytes(length);
    const data = bytes(length * 3);
    const expected = createHmac('sha256', key).update(data).digest();
    assert.deepEqual(hmacSha256(key, data), expected, `a key of ${length} bytes`);
  }
});
