import assert from 'node:assert/strict';
import { test } from 'node:test';
import { filled } from '../../../test/support/registry-endpoints.ts';
import { basic, bearer, withTokens, withUsers } from '../../../test/support/registry-users.ts';
import { ServedRegistry } from '../../../test/support/served-registry.ts';

const RULES = [
  'alice:**:all',
  'alice,bob:team/**:all',
  'alice,carol:public/**:all',
  'anonymous:public/**:pull',
];

async function listed(
  registry: ServedRegistry,
  headers: Readonly<Record<string, string>>,
  query = '',
): Promise<readonly string[]> {
  const { text } = await registry.send('GET', `/v2/_catalog${query}`, { headers });
  return (JSON.parse(text) as { repositories: string[] }).repositories;
}

test('the catalogue names what the caller may pull from, page by page', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
  const names = ['private/a', 'private/b', 'public/a', 'team/a', 'team/b', 'zzz'];
  for (const name of names) await filled(registry, name, basic('alice'));
  assert.deepEqual(await listed(registry, basic('alice')), names);
  assert.deepEqual(await listed(registry, basic('bob')), ['public/a', 'team/a', 'team/b']);
  assert.deepEqual(await listed(registry, basic('carol')), ['public/a']);
  assert.deepEqual(await listed(registry, {}), ['public/a']);
  const { headers, text } = await registry.send('GET', '/v2/_catalog?n=2', {
    headers: basic('bob'),
  });
  assert.deepEqual(JSON.parse(text), { repositories: ['public/a', 'team/a'] });
  assert.match(String(headers['link']), /^<\/v2\/_catalog\?n=2&last=team%2Fa>/);
  assert.deepEqual(await listed(registry, basic('bob'), '?n=2&last=team/a'), ['team/b']);
  assert.deepEqual(await listed(registry, basic('carol'), '?n=1&last=private/a'), ['public/a']);
});

test('nobody gets 401 for the catalogue where there is nothing for them', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers() });
  const { status, code } = await registry.send('GET', '/v2/_catalog');
  assert.deepEqual([status, code], [401, 'UNAUTHORIZED']);
});

test('a mount from where one may not pull is answered as one from nowhere', async () => {
  for (const access of [withUsers({ rules: RULES }), withTokens({ rules: RULES })]) {
    await using registry = await ServedRegistry.open({ access });
    const { blob } = await filled(registry, 'private/a', basic('alice'));
    for (const query of [
      `mount=${blob}&from=private/a`,
      `mount=${blob}&from=private/none`,
      `mount=${blob}&from=..%2F..`,
      `mount=${blob}`,
    ]) {
      const { status, headers, text } = await registry.send(
        'POST',
        `/v2/team/x/blobs/uploads/?${query}`,
        { headers: basic('bob') },
      );
      assert.deepEqual([query, status, text], [query, 202, '']);
      assert.equal(headers['docker-content-digest'], undefined);
    }
    const got = await registry.send('HEAD', `/v2/team/x/blobs/${blob}`, { headers: basic('bob') });
    assert.equal(got.status, 404);
    const own = await registry.send(
      'POST',
      `/v2/team/x/blobs/uploads/?mount=${blob}&from=private/a`,
      { headers: basic('alice') },
    );
    assert.equal(own.status, 201);
    const any = await registry.send('POST', `/v2/team/y/blobs/uploads/?mount=${blob}`, {
      headers: basic('alice'),
    });
    assert.equal(any.status, 201);
  }
});

test('a token for a mount allows pulling from the source; whoever could get such a one is asked to', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens({ rules: RULES }) });
  const { blob } = await filled(registry, 'private/a', basic('alice'));
  const path = `/v2/team/z/blobs/uploads/?mount=${blob}&from=private/a`;
  const mount = async (who: string, ...scopes: readonly string[]) => {
    const query = scopes.map((scope) => `scope=${scope}`).join('&');
    const { text } = await registry.send('GET', `/token?${query}`, { headers: basic(who) });
    const { token } = JSON.parse(text) as { token: string };
    return registry.send('POST', path, { headers: bearer(token) });
  };
  const both = ['repository:team/z:pull,push', 'repository:private/a:pull'];
  for (const asked of [await registry.send('POST', path), await mount('alice', both[0]!)]) {
    assert.deepEqual([asked.status, asked.code], [401, 'UNAUTHORIZED']);
    assert.ok(String(asked.headers['www-authenticate']).includes(`scope="${both.join(' ')}"`));
  }
  assert.equal((await mount('alice', ...both)).status, 201);
  for (const scopes of [[both[0]!], both])
    assert.equal((await mount('bob', ...scopes)).status, 202);
});

test('an upload is gone on with by who began it', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
  const { upload } = await filled(registry, 'team/a', basic('alice'));
  for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
    const { status, code } = await registry.send(method, upload, { headers: basic('bob') });
    assert.deepEqual([method, status, code], [method, 404, 'BLOB_UPLOAD_UNKNOWN']);
  }
  const { status } = await registry.send('GET', upload, { headers: basic('alice') });
  assert.equal(status, 204);
});

test('a deleted blob that another repository still has is gone for its own', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
  const { blob } = await filled(registry, 'private/a', basic('alice'));
  const path = `/v2/team/b/blobs/uploads/?mount=${blob}&from=private/a`;
  await registry.send('POST', path, { headers: basic('alice') });
  const ask = async (method: string): Promise<number> =>
    (await registry.send(method, `/v2/private/a/blobs/${blob}`, { headers: basic('alice') }))
      .status;
  assert.equal(await ask('GET'), 200);
  assert.equal(await ask('DELETE'), 202);
  assert.equal(await ask('GET'), 404);
});

test('what the rules do not allow is left out of a token, and is no error', async () => {
  await using registry = await ServedRegistry.open({ access: withTokens({ rules: RULES }) });
  const { text } = await registry.send('GET', '/token?scope=repository:private/a:pull', {
    headers: basic('bob'),
  });
  const { token, scope } = JSON.parse(text) as { token: string; scope: string };
  assert.equal(scope, '');
  const got = await registry.send('GET', '/v2/private/a/tags/list', { headers: bearer(token) });
  assert.deepEqual([got.status, got.code], [403, 'DENIED']);
});

test('what was signed in for is not for the caches of others', async () => {
  await using registry = await ServedRegistry.open({ access: withUsers({ rules: RULES }) });
  const { blob } = await filled(registry, 'public/a', basic('alice'));
  const ask = async (headers: Readonly<Record<string, string>>): Promise<unknown> =>
    (await registry.send('GET', `/v2/public/a/blobs/${blob}`, { headers })).headers[
      'cache-control'
    ];
  assert.equal(await ask({}), 'public, max-age=31536000, immutable');
  assert.equal(await ask(basic('alice')), 'private, max-age=31536000, immutable');
});
