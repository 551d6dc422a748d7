import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filled } from '../../test/support/registry-endpoints.ts';
import { basic, withUsers } from '../../test/support/registry-users.ts';
import { ServedRegistry } from '../../test/support/served-registry.ts';

interface Told {
  readonly changes: readonly Readonly<Record<string, string>>[];
}

test('what tags have meant is told to those who may pull, and who changed them to those who may push', async () => {
  const rules = ['alice:team/**:all', 'anonymous:team/**:pull'];
  await using registry = await ServedRegistry.open({ access: withUsers({ rules }) });
  await filled(registry, 'team/a', basic('alice'));
  const path = '/v2/team/a/_stave/log';
  const mine = await registry.send('GET', path, { headers: basic('alice') });
  const [change] = (JSON.parse(mine.text) as Told).changes;
  assert.deepEqual([change?.['what'], change?.['who']], ['push', 'alice']);
  assert.match(change?.['digest'] ?? '', /^sha256:/);
  const theirs = await registry.send('GET', `${path}?tag=${change?.['tag']}&n=1`);
  const { who: _, ...rest } = change ?? {};
  assert.deepEqual((JSON.parse(theirs.text) as Told).changes, [rest]);
  for (const [query, status] of [
    ['?n=x', 400],
    ['?tag=..%2Fx', 400],
    ['?tag=none', 200],
  ] as const) {
    assert.equal((await registry.send('GET', `${path}${query}`)).status, status);
  }
  assert.equal((await registry.send('GET', '/v2/other/a/_stave/log')).status, 401);
  const none = await registry.send('GET', '/v2/team/b/_stave/log');
  assert.deepEqual([none.status, none.code], [404, 'NAME_UNKNOWN']);
});
