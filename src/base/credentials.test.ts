import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutCredentials } from './credentials.ts';

test('withoutCredentials() drops what http URLs carry, and passwords of others', () => {
  assert.equal(
    withoutCredentials('ADD https://u:p@h/x "http://tok@h" ssh://git:p@h/x /d'),
    'ADD https://h/x "http://h" ssh://git@h/x /d',
  );
});

test('withoutCredentials() leaves all else as it is', () => {
  for (const text of ['git@h:x', 'ssh://git@h/x', 'https://h/@scope/x', 'a@b', 'image@sha256:0']) {
    assert.equal(withoutCredentials(text), text);
  }
});
