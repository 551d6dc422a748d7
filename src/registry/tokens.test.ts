import assert from 'node:assert/strict';
import { test } from 'node:test';
import { needsRoot } from '../../test/scratch-images.ts';
import { registryHouse } from '../../test/support/registry-house.ts';
import { putRemote } from '../../test/support/remote-image.ts';
import { fail, TestRegistry } from '../../test/support/test-registry.ts';
import { collect } from '../base/bytes.ts';
import { openClient } from '../net/request.ts';
import type { Credentials } from './credentials.ts';
import { fetchToken, type Token, type TokenRequest } from './tokens.ts';

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

const ALICE: Credentials = { place: 'a test', username: 'alice', password: 's3cret' };

/** What a token service was asked, in short, and the token that came of its answers. */
async function exchange(
  answers: readonly [status: number, body: object | string][],
  request: Partial<TokenRequest> = {},
): Promise<{ readonly asked: string[]; readonly token: Token }> {
  const asked: string[] = [];
  await using service = await TestRegistry.open({
    async fault({ request: { method, headers }, response, url }) {
      const form = (await collect(response.req)).toString();
      const shown = headers.authorization === undefined ? '' : ' with Basic';
      asked.push(`${method} ${form === '' ? decodeURIComponent(url.search) : form}${shown}`);
      const [status, body] = answers[asked.length - 1] ?? [500, {}];
      response.statusCode = status;
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
      return true;
    },
  });
  const base = new URL(`http://${service.host}/`);
  const parameters = new Map([
    ['realm', `${base.href}token?tenant=a`],
    ['service', 'reg'],
  ]);
  using client = openClient();
  const token = await fetchToken(
    { client, settings: { pause: 1 }, tls: () => ({}) },
    {
      registry: 'reg.example',
      base,
      challenge: { scheme: 'bearer', parameters },
      scopes: ['repository:a:pull', 'repository:b:pull'],
      credentials: undefined,
      ...request,
    },
    {},
  );
  return { asked, token };
}

test('fetchToken() keeps the query of the realm, and repeats the scope', async () => {
  const scopes = 'scope=repository:a:pull&scope=repository:b:pull';
  const { asked, token } = await exchange([[200, { token: 'T' }]]);
  assert.deepEqual(asked, [`GET ?tenant=a&service=reg&${scopes}`]);
  assert.equal(token.text, 'T');
  const known = await exchange([[200, { access_token: 'A' }]], { credentials: ALICE });
  assert.deepEqual(known.asked, [`GET ?tenant=a&service=reg&${scopes}&account=alice with Basic`]);
  assert.equal(known.token.text, 'A');
});

test('fetchToken() exchanges an identity token by POST, and by GET where that is not known', async () => {
  const credentials = { place: 'a test', username: 'alice', identityToken: 'I' };
  const form =
    'POST grant_type=refresh_token&refresh_token=I&client_id=stave&service=reg' +
    '&scope=repository%3Aa%3Apull+repository%3Ab%3Apull';
  const first = await exchange([[200, { access_token: 'A' }]], { credentials });
  assert.deepEqual(first.asked, [form]);
  for (const status of [400, 401, 404, 405]) {
    const answers = [
      [status, {}],
      [200, { token: 'T' }],
    ] as [number, object][];
    const { asked, token } = await exchange(answers, { credentials });
    assert.equal(asked[0], form);
    assert.match(asked[1] ?? '', /^GET .*account=alice with Basic$/);
    assert.equal(token.text, 'T');
  }
});

test('fetchToken() sends a password by POST to a service that knows nothing else', async () => {
  const answers = [
    [405, {}],
    [200, { token: 'T' }],
  ] as [number, object][];
  const { asked } = await exchange(answers, { credentials: ALICE, scopes: [] });
  assert.equal(
    asked[1],
    'POST grant_type=password&username=alice&password=s3cret&client_id=stave&service=reg',
  );
});

test('fetchToken() asks for an identity token where one is wanted', async () => {
  const answers = [[200, { token: 'T', refresh_token: 'I' }]] as [number, object][];
  const { asked, token } = await exchange(answers, { credentials: ALICE, offline: true });
  assert.match(asked[0] ?? '', /&offline_token=true&client_id=stave with Basic$/);
  assert.equal(token.identity, 'I');
});

test('fetchToken() takes a life of at least a minute, from when the token was issued', async () => {
  const life = async (answer: object): Promise<number> => {
    const { token } = await exchange([[200, { token: 'T', ...answer }]]);
    return Math.round((token.expires - Date.now()) / 10_000) * 10;
  };
  const ago = (seconds: number): string => new Date(Date.now() - seconds * 1000).toISOString();
  assert.equal(await life({}), 60);
  assert.equal(await life({ expires_in: 5 }), 60);
  assert.equal(await life({ expires_in: 600 }), 600);
  assert.equal(await life({ expires_in: 600, issued_at: ago(200) }), 400);
  assert.equal(await life({ expires_in: 600, issued_at: ago(7200) }), 600);
  assert.equal(await life({ expires_in: 600, issued_at: ago(-7200) }), 600);
});

test('fetchToken() refuses an answer without a token, and one that does not end', async () => {
  await assert.rejects(exchange([[200, { token: '' }]]), /answered without a token/);
  await assert.rejects(exchange([[200, { token: 'a\r\nb' }]]), /answered without a token/);
  await assert.rejects(exchange([[200, `"${'x'.repeat(1024 * 1024)}"`]]), /is larger than 1048576/);
});
