import assert from 'node:assert/strict';
import { test } from 'node:test';
import { cut, HALF, large } from '../../../test/faults/scenario.ts';
import { needsRoot } from '../../../test/scratch-images.ts';
import { registryHouse } from '../../../test/support/registry-house.ts';
import { putRemote } from '../../../test/support/remote-image.ts';

test('pull() goes on where an earlier one failed', { skip: needsRoot }, async () => {
  await using house = await registryHouse();
  const { registry } = house;
  const remote = putRemote(registry, 'team/app', 'v1');
  registry.fault = cut(Infinity, HALF, { ignoresRange: true })(registry);
  await house.refuses('team/app:v1', /half-way/);
  registry.fault = undefined;
  registry.sent = 0;
  assert.equal((await house.pull('team/app:v1')).id, remote.id);
  assert.ok(registry.sent < large.length - HALF + 4096, `${registry.sent} bytes`);
});
