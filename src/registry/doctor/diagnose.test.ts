import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { putRemote } from '../../../test/support/remote-image.ts';
import { TestRegistry, type TestRegistryOptions } from '../../../test/support/test-registry.ts';
import { parseReference } from '../../oci/reference.ts';
import { openConnections } from '../connection.ts';
import { diagnose } from './diagnose.ts';
import type { Finding } from './finding.ts';

const ALICE = Buffer.from('alice:s3cret').toString('base64');
const MALLORY = Buffer.from('mallory:guess').toString('base64');

async function walk(host: string, name: string, auth?: string): Promise<Finding[]> {
  const home = mkdtempSync(join(tmpdir(), 'stave-doctor-'));
  const auths = auth === undefined ? {} : { [host]: { auth } };
  const environment = { HOME: home, DOCKER_AUTH_CONFIG: JSON.stringify({ auths }) };
  using connections = openConnections({ environment, pause: 1, stall: 2000, etc: home });
  const reference = name === '' ? undefined : parseReference(`${host}/${name}`);
  try {
    return await Array.fromAsync(diagnose(connections, { registry: host, reference }));
  } finally {
    rmSync(home, { recursive: true });
  }
}

async function visit(
  options: TestRegistryOptions,
  name: string,
  auth?: string,
): Promise<{ found: Finding[]; log: readonly string[] }> {
  await using registry = await TestRegistry.open(options);
  putRemote(registry, 'team/app', 'v1');
  return { found: await walk(registry.host, name, auth), log: registry.log };
}

const steps = (found: readonly Finding[]): string =>
  found.map(({ step, outcome }) => `${step}:${outcome}`).join(' ');

test('diagnose() walks from the name to the tags, and says how many there are', async () => {
  const { found } = await visit({}, 'team/app:v1');
  assert.equal(
    steps(found),
    'name:ok connect:ok tls:note ping:ok credentials:note manifest:ok tags:ok',
  );
  assert.match(found.find(({ step }) => step === 'manifest')?.text ?? '', /team\/app: sha256:/);
  assert.equal(found.at(-1)?.text, '1');
});

test('diagnose() says which credentials were used, and never shows the password', async () => {
  const { found } = await visit({ auth: 'token' }, 'team/app:v1', ALICE);
  const told = found.map(({ text }) => text).join('\n');
  assert.match(told, /alice, from .*DOCKER_AUTH_CONFIG/);
  assert.match(told, /for repository:team\/app:pull: good for \d+ s/);
  assert.doesNotMatch(told, /s3cret/);
  assert.ok(found.every(({ outcome }) => outcome !== 'failed'));
});

test('diagnose() ends where the token service says no, with what to do', async () => {
  const { found } = await visit({ auth: 'token' }, 'team/app:v1', MALLORY);
  const last = found.at(-1);
  assert.equal(last?.step, 'token');
  assert.equal(last?.outcome, 'failed');
  assert.match(last?.hint ?? '', /stave login/);
});

test('diagnose() ends where a password is wanted and there is none', async () => {
  const { found, log } = await visit({ auth: 'basic' }, '');
  assert.equal(steps(found.slice(-2)), 'credentials:note login:failed');
  assert.ok(log.every((line) => line === 'GET /v2/'));
});

test('diagnose() takes a wrong name for what it is: the registry is fine', async () => {
  const { found } = await visit({}, 'team/nothing:v1');
  const wrong = found.find(({ outcome }) => outcome === 'failed');
  assert.equal(wrong?.step, 'manifest');
  assert.match(wrong?.text ?? '', /not found/);
});

test('diagnose() writes nothing', async () => {
  const { log } = await visit({ auth: 'token' }, 'team/app:v1', ALICE);
  assert.ok(log.length > 3);
  assert.deepEqual(
    log.filter((line) => !/^(?:GET|HEAD) /.test(line)),
    [],
  );
});

test('diagnose() names the step at which nobody answers', async () => {
  const refused = await walk('127.0.0.1:1', '');
  assert.equal(steps(refused), 'name:ok connect:failed');
  assert.match(refused.at(-1)?.text ?? '', /^connection refused$/);
  const nowhere = await walk('no-such-host.invalid', '');
  assert.equal(steps(nowhere), 'name:ok dns:failed');
  assert.match(nowhere.at(-1)?.text ?? '', /no such host|cannot be resolved/);
});

test('diagnose() tells a web server from a registry', async () => {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.end('HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nconnection: close\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    const found = await walk(`127.0.0.1:${(server.address() as AddressInfo).port}`, '');
    assert.equal(found.at(-1)?.step, 'ping');
    assert.match(found.at(-1)?.hint ?? '', /no registry at this address/);
  } finally {
    server.close();
  }
});
