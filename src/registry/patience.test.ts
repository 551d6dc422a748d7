import assert from 'node:assert/strict';
import { test } from 'node:test';
import { retryAfter } from './patience.ts';

test('retryAfter() reads seconds and dates, and nothing else', () => {
  const now = Date.parse('2026-01-01T00:00:00Z');
  assert.equal(retryAfter(undefined, now), undefined);
  assert.equal(retryAfter('', now), undefined);
  assert.equal(retryAfter('soon', now), undefined);
  assert.equal(retryAfter('0', now), 0);
  assert.equal(retryAfter('86400', now), 86_400);
  assert.equal(retryAfter('Thu, 01 Jan 2026 00:00:30 GMT', now), 30);
  // The time that was named is over.
  assert.equal(retryAfter('Wed, 31 Dec 2025 23:00:00 GMT', now), 0);
});
