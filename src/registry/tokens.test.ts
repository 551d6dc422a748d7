import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { registryHouse } from '../../test/support/registry-house.ts';
import { putRemote } from '../../test/support/remote-image.ts';
import { fail, TestRegistry } from '../../test/support/test-registry.ts';

const skip = needsRoot;

test('a token service on another address of a private network is not asked', { skip }, async () => {
  await using house = await registryHouse({
    fault: ({ response }) => {
      response.setHeader('www-authenticate', 'Bearer realm="http://169.254.169.254/token"');
      fail(response, 401, 'UNAUTHORIZED', 'x');
      return true;
    },
  });
  await house.refuses(
    'app:v1',
    /the token service http:\/\/169.254.169.254\/token, which cannot be trusted/,
  );
});

test(
  'a registry that names a wider scope for the same repository gets a token for it',
  { skip },
  async () => {
    await using house = await registryHouse({ auth: 'token' });
    const { registry } = house;
    putRemote(registry, 'app', 'v1');
    registry.fault = ({ response, kind, request }) => {
      if (kind === 'token' || request.headers.authorization === undefined) return false;
      if (registry.scopes.includes('repository:app:pull,metadata')) return false;
      const realm = `realm="http://${registry.host}/token"`;
      const scope = 'scope="repository:app:pull,metadata",error="insufficient_scope"';
      response.setHeader('www-authenticate', `Bearer ${realm},${scope}`);
      fail(response, 401, 'UNAUTHORIZED', 'insufficient scope');
      return true;
    };
    await house.pull('app:v1');
    assert.deepEqual(registry.scopes, ['repository:app:pull', 'repository:app:pull,metadata']);
  },
);

test('an identity token is exchanged, and shown to nobody else', { skip }, async () => {
  await using registry = await TestRegistry.open({ auth: 'token' });
  const auths = { [registry.host]: { identitytoken: 's3cret' } };
  await using house = await registryHouse(
    {},
    { environment: { HOME: '/none', DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) } },
  );
  putRemote(registry, 'app', 'v1');
  await house.scratch.images.pull({ name: `${registry.host}/app:v1` });
  assert.deepEqual(registry.scopes, ['repository:app:pull']);
  assert.equal(registry.count(/^POST \/token$/), 1);
});

test('tokens are asked for what is needed, per repository', { skip }, async () => {
  await using house = await registryHouse({ auth: 'token' });
  for (const name of ['team/a', 'team/b']) {
    putRemote(house.registry, name, 'v1');
    await house.pull(`${name}:v1`);
  }
  assert.deepEqual(house.registry.scopes, ['repository:team/a:pull', 'repository:team/b:pull']);
});
