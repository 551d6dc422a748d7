import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { registryHouse } from '../../test/support/registry-house.ts';
import { putRemote } from '../../test/support/remote-image.ts';
import { fail, TestRegistry, type Fault } from '../../test/support/test-registry.ts';

const skip = needsRoot;

/** Changes what the token service says. */
const token =
  (answer: (text: object) => unknown): Fault =>
  ({ response, kind }) => {
    if (kind !== 'token') return false;
    const end = response.end.bind(response);
    response.end = ((text: string) =>
      end(String(answer(JSON.parse(text) as object)))) as typeof end;
    return false;
  };

test('a token may be called access_token', { skip }, async () => {
  await using house = await registryHouse({
    auth: 'anonymous',
    fault: token((text) => JSON.stringify({ access_token: (text as { token: string }).token })),
  });
  putRemote(house.registry, 'app', 'v1');
  await house.pull('app:v1');
});

test('a token that is used up early is replaced', { skip }, async () => {
  await using house = await registryHouse({ auth: 'token', tokenUses: 2 });
  putRemote(house.registry, 'app', 'v1');
  await house.pull('app:v1');
  assert.ok(house.registry.scopes.length >= 2);
});

test('a token service that fails once is asked again', { skip }, async () => {
  await using house = await registryHouse({
    auth: 'token',
    fault: ({ response, kind, before }) => {
      if (kind !== 'token' || before > 0) return false;
      fail(response, 500, 'UNKNOWN', 'trouble');
      return true;
    },
  });
  putRemote(house.registry, 'app', 'v1');
  await house.pull('app:v1');
});

const REFUSED: Readonly<Record<string, readonly [Fault, RegExp]>> = {
  'a token service that says no': [
    ({ response, kind }) => {
      if (kind !== 'token') return false;
      fail(response, 401, 'UNAUTHORIZED', 'who are you');
      return true;
    },
    /refuses the credentials in DOCKER_AUTH_CONFIG: 401: unauthorized: who are you$/,
  ],
  'a token service that answers a web page': [
    token(() => '<html>'),
    /the answer of the token service .* is not valid JSON/,
  ],
  'an empty token': [token(() => '{"token":""}'), /answered without a token/],
  'a token that would be a header of its own': [
    token(() => JSON.stringify({ token: 'x\r\ny: z' })),
    /answered without a token/,
  ],
  'a token that is good for nothing': [
    ({ response, kind, request }) => {
      if (kind === 'token' || request.headers.authorization === undefined) return false;
      response.setHeader(
        'www-authenticate',
        'Bearer realm="http://127.0.0.1/token",error="insufficient_scope"',
      );
      fail(response, 401, 'UNAUTHORIZED', 'insufficient scope');
      return true;
    },
    /^pull access denied for .*: unauthorized: insufficient scope$/,
  ],
};

for (const [what, [fault, message]] of Object.entries(REFUSED)) {
  test(`pull() gives up on ${what}`, { skip }, async () => {
    await using house = await registryHouse({ auth: 'token', fault });
    putRemote(house.registry, 'app', 'v1');
    await house.refuses('app:v1', message);
    assert.ok(house.registry.log.length < 10);
  });
}

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
