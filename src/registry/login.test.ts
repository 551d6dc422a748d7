import assert from 'node:assert/strict';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  type Fault,
  TestRegistry,
  type TestRegistryOptions,
} from '../../test/support/test-registry.ts';
import { openConnections, type Connections } from './connection.ts';
import { login, registryNamed } from './login.ts';
import { eraseCredentials } from './write-config.ts';

interface House extends AsyncDisposable {
  readonly registry: TestRegistry;
  readonly connections: Connections;
  readonly home: string;
  readonly config: string;
  read(): Record<string, unknown>;
}

async function house(options: TestRegistryOptions = { auth: 'token' }): Promise<House> {
  const home = mkdtempSync(join(tmpdir(), 'stave-login-'));
  const registry = await TestRegistry.open(options);
  const config = join(home, '.docker/config.json');
  mkdirSync(join(home, '.docker'));
  const environment = { HOME: home, PATH: `${home}/bin:/usr/bin:/bin` };
  const connections = openConnections({ environment, pause: 1, stall: 2000 });
  return {
    registry,
    connections,
    home,
    config,
    read: () => JSON.parse(readFileSync(config, 'utf8')) as Record<string, unknown>,
    async [Symbol.asyncDispose]() {
      connections[Symbol.dispose]();
      rmSync(home, { recursive: true });
      await registry[Symbol.asyncDispose]();
    },
  };
}

const ALICE = { username: 'alice', password: 's3cret' };

/** A credential helper that writes down what it is asked, and keeps one entry. */
function putHelper(home: string, name: string): void {
  mkdirSync(join(home, 'bin'));
  const script = `#!/bin/sh
read -r line
echo "$1 <<< $line" >> ${home}/log
case $1 in
  store) echo "$line" > ${home}/kept ;;
  get) cat ${home}/kept 2>/dev/null || { echo 'credentials not found in native keychain'; exit 1; } ;;
  erase) rm -f ${home}/kept ;;
esac
`;
  writeFileSync(join(home, `bin/docker-credential-${name}`), script, { mode: 0o755 });
}

for (const auth of ['basic', 'token'] as const) {
  test(`login() stores what a registry with ${auth} takes, for the owner alone`, async () => {
    await using at = await house({ auth });
    const { host } = at.registry;
    const stored = await login(at.connections, host, ALICE);
    assert.deepEqual(stored, { path: at.config, helper: undefined, changed: true });
    const auths = { [host]: { auth: 'YWxpY2U6czNjcmV0' } };
    assert.equal(readFileSync(at.config, 'utf8'), JSON.stringify({ auths }, undefined, '\t'));
    assert.equal(statSync(at.config).mode & 0o777, 0o600);
    assert.equal((await login(at.connections, host, ALICE)).changed, false);
  });

  test(`login() stores nothing that a registry with ${auth} refuses`, async () => {
    await using at = await house({ auth });
    const wrong = { username: 'alice', password: 'wrong' };
    await assert.rejects(login(at.connections, at.registry.host, wrong), {
      code: 'REGISTRY_ACCESS',
      message: `login attempt to http://${at.registry.host}/v2/ failed with status: 401 Unauthorized`,
    });
    assert.throws(() => statSync(at.config), { code: 'ENOENT' });
  });
}

test('login() keeps what else the config holds, and a link as a link', async () => {
  await using at = await house();
  const real = join(at.home, 'real.json');
  writeFileSync(real, '{"psFormat":"x","auths":{"other":{"auth":"eA=="}}}');
  symlinkSync(real, at.config);
  await login(at.connections, at.registry.host, ALICE);
  const { auths, ...rest } = at.read();
  assert.deepEqual(rest, { psFormat: 'x' });
  assert.deepEqual(Object.keys(auths as object), ['other', at.registry.host]);
  assert.ok(lstatSync(at.config).isSymbolicLink());
});

test('login() does not write over a config that is broken', async () => {
  await using at = await house();
  writeFileSync(at.config, '{bad');
  await assert.rejects(login(at.connections, at.registry.host, ALICE), { code: 'REGISTRY_CONFIG' });
  assert.equal(readFileSync(at.config, 'utf8'), '{bad');
});

test('login() and logout give credentials to the helper of the host, and none to the config', async () => {
  await using at = await house();
  const { host } = at.registry;
  putHelper(at.home, 'fake');
  writeFileSync(at.config, JSON.stringify({ credHelpers: { [host]: 'fake' } }));
  await login(at.connections, host, ALICE);
  assert.deepEqual(at.read(), { credHelpers: { [host]: 'fake' }, auths: { [host]: {} } });
  const { findCredentials } = await import('./credentials.ts');
  const found = await findCredentials(host, 'team/app', at.connections.settings);
  assert.equal(found?.password, 's3cret');
  await eraseCredentials(host, at.connections.settings);
  assert.equal(await findCredentials(host, 'x', at.connections.settings), undefined);
  assert.deepEqual(readFileSync(join(at.home, 'log'), 'utf8').trim().split('\n'), [
    `store <<< {"ServerURL":"${host}","Username":"alice","Secret":"s3cret"}`,
    `get <<< ${host}`,
    `erase <<< ${host}`,
    `get <<< ${host}`,
  ]);
});

test('login() keeps an identity token in place of the password', async () => {
  await using at = await house();
  const { registry, connections } = at;
  const give: Fault = ({ url, kind, request }) => {
    if (kind !== 'token' || request.method !== 'GET') return false;
    assert.equal(url.searchParams.get('offline_token'), 'true');
    return false;
  };
  registry.fault = give;
  registry.identity = 's3cret';
  await login(connections, registry.host, ALICE);
  const kept = { auth: Buffer.from('alice:').toString('base64'), identitytoken: 's3cret' };
  assert.deepEqual(at.read(), { auths: { [registry.host]: kept } });
  putHelper(at.home, 'fake');
  writeFileSync(at.config, '{"credsStore":"fake"}');
  await login(connections, registry.host, ALICE);
  assert.match(
    readFileSync(join(at.home, 'log'), 'utf8'),
    /"Username":"<token>","Secret":"s3cret"/,
  );
  const { findCredentials } = await import('./credentials.ts');
  const found = await findCredentials(registry.host, '', connections.settings);
  assert.equal(found?.identityToken, 's3cret');
  assert.equal(found?.password, undefined);
});

test('login() says that the config cannot be written', async () => {
  await using at = await house();
  const environment = { ...at.connections.settings.environment, DOCKER_CONFIG: '/proc/x/y' };
  using connections = openConnections({ environment });
  await assert.rejects(login(connections, at.registry.host, ALICE), {
    code: 'REGISTRY_CONFIG',
    message: /^cannot write \/proc\/x\/y\/config.json: ENOENT/,
  });
});

test('login() says that a helper is missing', async () => {
  await using at = await house();
  writeFileSync(at.config, '{"credsStore":"nosuchhelper"}');
  await assert.rejects(login(at.connections, at.registry.host, ALICE), {
    message:
      'error storing credentials - err: exec: "docker-credential-nosuchhelper": executable file not found in $PATH, out: ``',
  });
});

test('registryNamed() takes hosts and URLs, and Docker Hub under all its names', () => {
  for (const name of [undefined, '', 'docker.io', 'https://index.docker.io/v1/']) {
    assert.equal(registryNamed(name), 'docker.io');
  }
  assert.equal(registryNamed('https://reg.example:5000/v2/'), 'reg.example:5000');
  assert.throws(() => registryNamed('a b'), { code: 'INVALID_REFERENCE' });
  assert.throws(() => registryNamed('host\nhost2'), { code: 'INVALID_REFERENCE' });
});
