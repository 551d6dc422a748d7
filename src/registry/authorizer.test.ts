import assert from 'node:assert/strict';
import { test } from 'node:test';
import { registryHouse } from '../../test/support/registry-house.ts';
import { putRemote } from '../../test/support/remote-image.ts';
import { fail, TestRegistry } from '../../test/support/test-registry.ts';
import { needsRoot, scratchImages } from '../../test/scratch-images.ts';
import { openClient } from '../net/request.ts';
import { Authorizer } from './authorizer.ts';
import type { Credentials } from './credentials.ts';
import type { RegistrySettings } from './settings.ts';

const skip = needsRoot;
const ALICE: Credentials = { place: 'a test', username: 'alice', password: 's3cret' };
const BASIC = 'Basic YWxpY2U6czNjcmV0';

/** Who we are to `reg.example`, once it has said how it wants to be asked. */
function challenged(header: string, settings: RegistrySettings = {}): Authorizer {
  const client = openClient();
  const authorizer = new Authorizer('reg.example', { client, settings, tls: () => ({}) }, ALICE);
  assert.equal(authorizer.refused({ header: undefined }, header), true);
  return authorizer;
}

const [SECURE, PLAIN] = [new URL('https://reg.example/'), new URL('http://reg.example/')];

test('Basic is shown over TLS, and in the open only where the settings say so', async () => {
  const header = 'Basic realm="x"';
  const shown = await challenged(header).permission(SECURE, [], {});
  assert.equal(shown.header, BASIC);
  await assert.rejects(challenged(header).permission(PLAIN, [], {}), {
    code: 'REGISTRY_ACCESS',
    message: 'reg.example wants a password over plain HTTP',
  });
  const allowed = challenged(header, { insecure: ['reg.example'] });
  assert.equal((await allowed.permission(PLAIN, [], {})).header, BASIC);
});

test('ways to ask that are not known are passed over', async () => {
  const authorizer = challenged('Negotiate dG9rZW4=, NTLM, BASIC realm="a, b"');
  assert.equal((await authorizer.permission(SECURE, [], {})).header, BASIC);
  const other = new Authorizer('r', { client: openClient(), settings: {}, tls: () => ({}) });
  assert.equal(other.refused({ header: undefined }, 'Negotiate'), false);
});

test('a registry that says how to ask of /v2/ alone is asked there', { skip }, async () => {
  for (const auth of ['basic', 'token'] as const) {
    await using house = await registryHouse({ auth });
    const { registry } = house;
    putRemote(registry, 'app', 'v1');
    registry.fault = ({ request, response, kind }) => {
      if (request.headers.authorization !== undefined || kind === 'ping' || kind === 'token')
        return false;
      fail(response, 401, 'UNAUTHORIZED', 'who are you?');
      return true;
    };
    await house.pull('app:v1');
  }
});

test(
  'credentials that are refused are told, and nobody goes on without them',
  { skip },
  async () => {
    await using registry = await TestRegistry.open({ auth: 'token' });
    putRemote(registry, 'app', 'v1');
    const auth = Buffer.from('alice:old').toString('base64');
    const auths = { [registry.host]: { auth } };
    const environment = { HOME: '/none', DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
    using scratch = scratchImages({ environment });
    await assert.rejects(scratch.images.pull({ name: `${registry.host}/app:v1` }), {
      code: 'REGISTRY_ACCESS',
      message: /refuses the credentials in DOCKER_AUTH_CONFIG: 401: unauthorized: incorrect/,
    });
    assert.equal(registry.count(/token/), 1);
  },
);

test('a challenge that changes is followed', async () => {
  const authorizer = challenged('Bearer realm="https://reg.example/token"');
  assert.equal(authorizer.refused({ header: 'Bearer x' }, 'Basic realm="x"'), false);
  assert.equal((await authorizer.permission(SECURE, [], {})).header, BASIC);
});
