import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adjustCapabilities, capabilitiesOf, DEFAULT_CAPABILITIES } from './capabilities.ts';

test("DEFAULT_CAPABILITIES are Docker's fourteen", () => {
  assert.deepEqual(new Set(DEFAULT_CAPABILITIES), new Set(capabilitiesOf(0xa80425fbn)));
});

test('adjustCapabilities() adds and drops by names with or without CAP_, in any case', () => {
  assert.deepEqual(adjustCapabilities([], []), capabilitiesOf(0xa80425fbn));
  assert.deepEqual(adjustCapabilities(['net_admin'], ['ALL']), ['CAP_NET_ADMIN']);
  assert.deepEqual(
    adjustCapabilities(['CAP_SYS_TIME'], ['mknod', 'CAP_NET_RAW']),
    capabilitiesOf(0xa80425fbn ^ (1n << 27n) ^ (1n << 13n) ^ (1n << 25n)),
  );
});

test('adjustCapabilities() takes ALL, and drops from it', () => {
  const all = adjustCapabilities(['all']);
  assert.ok(all.includes('CAP_CHECKPOINT_RESTORE'));
  assert.deepEqual(
    adjustCapabilities(['ALL'], ['SYS_ADMIN']),
    all.filter((name) => name !== 'CAP_SYS_ADMIN'),
  );
  assert.deepEqual(adjustCapabilities(['ALL'], ['ALL']), all);
});

test('adjustCapabilities() refuses names that are none', () => {
  assert.throws(() => adjustCapabilities(['FLY']), {
    message: 'unknown capability: "FLY"',
    exitCode: 125,
  });
});
