import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { ENDPOINTS, filled } from '../../test/support/registry-endpoints.ts';
import { basic, bearer, withTokens } from '../../test/support/registry-users.ts';
import { ServedRegistry } from '../../test/support/served-registry.ts';
import { AuditFile } from './audit-file.ts';
import { auditLine, type AuditRecord } from './audit.ts';

const RECORD: AuditRecord = {
  time: '2026-01-02T03:04:05.678Z',
  method: 'PUT',
  path: '/v2/app/manifests/v1',
  status: 201,
  outcome: 'done',
  user: 'alice',
  by: 'password',
  address: '192.0.2.1',
};

test('what is changed is told: who, what, where, with which outcome', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens() });
  const { manifest, blob } = await filled(registry, 'app', basic('alice'));
  const put = registry.records.find(({ path }) => path === '/v2/app/manifests/v1');
  assert.ok(put);
  const { time, ...rest } = put;
  assert.ok(!Number.isNaN(Date.parse(time)));
  assert.deepEqual(rest, {
    method: 'PUT',
    path: '/v2/app/manifests/v1',
    status: 201,
    outcome: 'done',
    user: 'alice',
    by: 'password',
    address: '127.0.0.1',
    action: 'push',
    repository: 'app',
    digest: manifest,
  });
  await registry.send('DELETE', `/v2/app/blobs/${blob}`, { headers: basic('alice') });
  assert.equal(registry.records.at(-1)?.action, 'delete');
  await registry.send('PUT', '/v2/app/manifests/v2', { body: '{', headers: basic('alice') });
  const { outcome, status } = registry.records.at(-1) ?? {};
  assert.deepEqual([outcome, status], ['failed', 400]);
});

test('reading is not told, being refused and asking for tokens is', async () => {
  await using registry = await ServedRegistry.open({
    access: withTokens({ rules: ['alice:app:all'] }),
  });
  await filled(registry, 'app', basic('alice'));
  const before = registry.records.length;
  for (const { method, action } of ENDPOINTS.filter((one) => one.action === 'pull')) {
    assert.equal(action, 'pull');
    await registry.send(method, '/v2/app/tags/list', { headers: basic('alice') });
  }
  await registry.send('GET', '/v2/');
  assert.equal(registry.records.length, before);
  await registry.send('GET', '/v2/app/tags/list', { headers: basic('bob') });
  await registry.send('GET', '/v2/app/tags/list', { headers: bearer('x') });
  await registry.send('GET', '/token?scope=repository:app:pull', { headers: basic('bob') });
  await registry.send('GET', '/token', { headers: basic('bob', 'wrong') });
  assert.deepEqual(
    registry.records
      .slice(before)
      .map(({ path, user, by, outcome, status }) => [path, user, by, outcome, status]),
    [
      ['/v2/app/tags/list', 'bob', 'password', 'denied', 403],
      ['/v2/app/tags/list', null, 'nothing', 'denied', 401],
      ['/token', 'bob', 'password', 'done', 200],
      ['/token', null, 'nothing', 'denied', 401],
    ],
  );
});

test('no secret is told', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens() });
  const form = { 'content-type': 'application/x-www-form-urlencoded' };
  await registry.send('POST', '/token', {
    body: 'grant_type=password&username=alice&password=alice-pw',
    headers: form,
  });
  await registry.send('GET', '/token?password=alice-pw', { headers: basic('alice') });
  await registry.send('POST', '/v2/a/blobs/uploads/?token=alice-pw', { headers: basic('alice') });
  await registry.send('POST', '/v2/a/blobs/uploads/', { headers: basic('alice', 'wrong-pw') });
  assert.equal(registry.records.length, 4);
  const text = registry.records.map(auditLine).join('\n');
  assert.ok(!text.includes('-pw'), text);
  assert.ok(!text.includes(basic('alice')['authorization'] ?? ''), text);
});

test('auditLine() is one line, whatever is in it', () => {
  const path = '/a\n{"user":"root"}\r\u001b[2J\u0085\u2028\u202e\u{e0001}\u009b';
  const line = auditLine({ ...RECORD, path });
  assert.ok(!/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u.test(line), line);
  assert.deepEqual(JSON.parse(line), { ...RECORD, path });
});

test('AuditFile adds lines for its owner to read, and goes on in a new file after reopen()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'stave-audit-'));
  try {
    const path = join(folder, 'audit');
    {
      using file = new AuditFile(path);
      file.write('one');
      renameSync(path, `${path}.1`);
      file.write('two');
      file.reopen();
      file.write('three');
    }
    assert.equal(readFileSync(`${path}.1`, 'utf8'), 'one\ntwo\n');
    assert.equal(readFileSync(path, 'utf8'), 'three\n');
    assert.equal(statSync(path).mode & 0o777, 0o600);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
