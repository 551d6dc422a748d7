import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomHex } from './random.ts';

test('randomHex() gives as many bytes as asked for, each time others', () => {
  const seen = new Set(Array.from({ length: 100 }, () => randomHex(16)));
  assert.equal(seen.size, 100);
  for (const one of seen) assert.match(one, /^[0-9a-f]{32}$/);
});
