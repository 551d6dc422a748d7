import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { digestOf } from '../oci/digest.ts';

test('of concurrent pushes of one tag one wins, and all manifests and referrers are there', async () => {
  await using registry = await ServedRegistry.open();
  const subject = { mediaType: 'a/b', digest: digestOf('subject'), size: 1 };
  const bodies = await Promise.all(
    Array.from({ length: 20 }, (_, n) =>
      registry.imageBody('app', { subject, annotations: { n: String(n) } }),
    ),
  );
  const put = await Promise.all(bodies.map((body) => registry.manifest('app', 'latest', body)));
  assert.ok(put.every(({ status }) => status === 201));
  const winner = await registry.send('GET', '/v2/app/manifests/latest');
  assert.ok(bodies.includes(winner.text));
  for (const body of bodies) {
    const got = await registry.send('GET', `/v2/app/manifests/${digestOf(body)}`);
    assert.equal(got.text, body);
  }
  const { text } = await registry.send('GET', `/v2/app/referrers/${subject.digest}`);
  assert.equal((JSON.parse(text) as { manifests: unknown[] }).manifests.length, 20);
});

test('pushes, reads and deletions that race never fail from within', async () => {
  await using registry = await ServedRegistry.open();
  const body = await registry.imageBody('app');
  const digest = digestOf(body);
  const rounds = Array.from({ length: 60 }, async (_, n) => {
    if (n % 3 === 0) return registry.manifest('app', 'v1', body);
    if (n % 3 === 1) return registry.send('GET', '/v2/app/manifests/v1');
    return registry.send('DELETE', `/v2/app/manifests/${digest}`);
  });
  for (const got of await Promise.all(rounds)) {
    assert.ok([200, 201, 202, 404].includes(got.status));
    if (got.status === 200) assert.equal(got.text, body);
  }
  assert.deepEqual(registry.failures, []);
});
