import assert from 'node:assert/strict';
import { test } from 'node:test';
import { masked } from './shapes.ts';

for (const [value, shown] of [
  ['short', '***'],
  ['abcdef1234567890', 'ab***'],
  [`ghp_${'x'.repeat(36)}`, 'ghp_***'],
  ['-----BEGIN RSA PRIVATE KEY-----\nMIIEowIBAAKCAQEA', '-----BEGIN RSA PRIVATE KEY-----***'],
  // As a command writes it.
  ['-----BEGIN PRIVATE KEY-----\\nMIIEvQIBADANBgkq', '-----BEGIN PRIVATE KEY-----***'],
] as const) {
  test(`masked() shows no more of a value than ${shown}`, () => assert.equal(masked(value), shown));
}
