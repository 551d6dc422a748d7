import assert from 'node:assert/strict';
import { renameSync } from 'node:fs';
import { test } from 'node:test';
import { filesOnly, ServedRegistry } from '../../test/support/served-registry.ts';

test('/healthz and /readyz answer while all is well', async () => {
  await using registry = await ServedRegistry.open();
  assert.equal((await registry.send('GET', '/healthz')).status, 200);
  assert.equal((await registry.send('GET', '/readyz')).status, 200);
});

test('/readyz says no as long as the storage cannot be written', { skip: filesOnly }, async () => {
  let ahead = 0;
  const clock = { now: () => new Date(Date.now() + ahead) };
  await using registry = await ServedRegistry.open({ clock });
  const ready = async (): Promise<number> => {
    ahead += 60_000;
    return (await registry.send('GET', '/readyz')).status;
  };
  assert.equal(await ready(), 200);
  renameSync(registry.root, `${registry.root}-away`);
  try {
    assert.equal(await ready(), 503);
    assert.equal(await ready(), 503);
    assert.equal(registry.failures.length, 1);
    assert.equal((await registry.send('GET', '/healthz')).status, 200);
  } finally {
    renameSync(`${registry.root}-away`, registry.root);
  }
  assert.equal(await ready(), 200);
});

test('each answer has a name, that which a proxy gave if it is harmless', async () => {
  await using registry = await ServedRegistry.open();
  const name = async (given?: string): Promise<string> => {
    const sent = given === undefined ? {} : { headers: { 'x-request-id': given } };
    return String((await registry.send('GET', '/v2/', sent)).headers['x-request-id']);
  };
  const own = /^[0-9a-f]{12}-[0-9a-z]+$/;
  const first = await name();
  assert.match(first, own);
  assert.notEqual(await name(), first);
  assert.equal(await name('abc-1.2:3_4'), 'abc-1.2:3_4');
  for (const bad of ['a b', 'x'.repeat(65), 'a"b', '']) assert.match(await name(bad), own);
});
