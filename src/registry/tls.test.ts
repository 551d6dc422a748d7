import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { putRemote } from '../../test/support/remote-image.ts';
import { TestRegistry, type TestRegistryOptions } from '../../test/support/test-registry.ts';
import { parseReference } from '../oci/reference.ts';
import { openConnections } from './connection.ts';
import { diagnose } from './doctor/diagnose.ts';
import { openRepository } from './repository.ts';
import type { RegistrySettings } from './settings.ts';

const skip = existsSync('/usr/bin/openssl') ? false : 'certificates are made with openssl';
let directory = '';

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'stave-tls-'));
  if (skip !== false) return;
  const openssl = (...args: string[]): void =>
    void execFileSync('/usr/bin/openssl', args, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const ca of ['ca', 'other']) {
    openssl(
      'req',
      '-x509',
      ...key,
      '-subj',
      `/CN=${ca}`,
      '-keyout',
      `${ca}.key`,
      '-out',
      `${ca}.crt`,
    );
  }
  writeFileSync(join(directory, 'san'), 'subjectAltName=IP:127.0.0.1');
  for (const name of ['server', 'client']) {
    openssl('req', ...key, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
    const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san'];
    openssl('x509', '-req', '-in', `${name}.csr`, ...sign, '-out', `${name}.crt`);
  }
});

after(() => rmSync(directory, { recursive: true, force: true }));

const read = (name: string): string => readFileSync(join(directory, name), 'utf8');

/** Asks a registry with TLS for a manifest; `files` go into its folder of certificates. */
async function ask(
  files: Readonly<Record<string, string>>,
  options: TestRegistryOptions['tls'] | 'own' | 'none' = 'own',
  settings: RegistrySettings = {},
): Promise<string> {
  const own = options === 'own' ? { cert: read('server.crt'), key: read('server.key') } : options;
  await using registry = await TestRegistry.open(own && own !== 'none' ? { tls: own } : {});
  const { digest } = putRemote(registry, 'app', 'v1');
  const home = mkdtempSync(join(directory, 'home-'));
  const folder = join(home, '.config/containers/certs.d', registry.host);
  mkdirSync(folder, { recursive: true });
  for (const [name, from] of Object.entries(files)) {
    copyFileSync(join(directory, from), join(folder, name));
  }
  const environment = { HOME: home };
  using connections = openConnections({ environment, pause: 1, stall: 3000, ...settings });
  const repository = openRepository(connections, parseReference(`${registry.host}/app:v1`));
  const found = await repository.getManifest(undefined);
  assert.equal(found.descriptor.digest, digest);
  return (await connections.to(registry.host).base()).protocol;
}

test('the doctor shows the certificate, and why it is not to be trusted', { skip }, async () => {
  const tls = { cert: read('server.crt'), key: read('server.key') };
  await using registry = await TestRegistry.open({ tls });
  const home = mkdtempSync(join(directory, 'home-'));
  const look = async (): Promise<string> => {
    using connections = openConnections({ environment: { HOME: home }, stall: 3000, etc: home });
    const what = { registry: registry.host, reference: undefined };
    const found = await Array.fromAsync(diagnose(connections, what));
    return found.map(({ step, outcome, text }) => `${step} ${outcome} ${text}`).join('\n');
  };
  // On this machine any certificate will do, but it is told.
  assert.match(await look(), /tls note TLSv1.3, "server" by "ca", .*signed by nobody known/);
  const folder = join(home, '.config/containers/certs.d', registry.host);
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(directory, 'other.crt'), join(folder, 'ca.crt'));
  assert.match(await look(), /tls failed .*certificate/);
  copyFileSync(join(directory, 'ca.crt'), join(folder, 'ca.crt'));
  assert.match(await look(), /tls ok TLSv1.3, "server" by "ca".*certs.d folder/);
});

test('a registry on this machine is found with TLS and without', { skip }, async () => {
  assert.equal(await ask({}), 'https:');
  assert.equal(await ask({}, 'none'), 'http:');
});

test('an authority in certs.d is trusted, and none but it', { skip }, async () => {
  assert.equal(await ask({ 'ca.crt': 'ca.crt' }), 'https:');
  await assert.rejects(ask({ 'ca.crt': 'other.crt' }), /certificate is signed by nobody known/);
});

test('a certificate of ours in certs.d is shown', { skip }, async () => {
  const tls = { cert: read('server.crt'), key: read('server.key'), ca: read('ca.crt') };
  const own = { 'me.cert': 'client.crt', 'me.key': 'client.key' };
  assert.equal(await ask({ 'ca.crt': 'ca.crt', ...own }, tls), 'https:');
  await assert.rejects(ask({ 'ca.crt': 'ca.crt' }, tls));
});

test('half a certificate of ours is told', { skip }, async () => {
  await assert.rejects(ask({ 'me.cert': 'client.crt' }), {
    code: 'REGISTRY_CONFIG',
    message: /me\.cert is there, but me\.key is not$/,
  });
});

test('where certificates are not to be looked at, none is', { skip }, async () => {
  const other = { 'ca.crt': 'other.crt' };
  assert.equal(await ask(other, 'own', { tlsVerify: false }), 'https:');
  assert.equal(await ask(other, 'none', { tlsVerify: false }), 'http:');
});

test('a folder with certificates counts for every host', { skip }, async () => {
  const folder = mkdtempSync(join(directory, 'folder-'));
  copyFileSync(join(directory, 'ca.crt'), join(folder, 'ca.crt'));
  const settings = { certificateFolder: folder };
  assert.equal(await ask({}, 'own', settings), 'https:');
  assert.equal(await ask({ 'ca.crt': 'other.crt' }, 'own', settings), 'https:');
  copyFileSync(join(directory, 'other.crt'), join(folder, 'ca.crt'));
  await assert.rejects(ask({}, 'own', settings), /signed by nobody known/);
  copyFileSync(join(directory, 'ca.crt'), join(folder, 'ca.crt'));
  const tls = { cert: read('server.crt'), key: read('server.key'), ca: read('ca.crt') };
  await assert.rejects(ask({}, tls, settings));
  copyFileSync(join(directory, 'client.crt'), join(folder, 'me.cert'));
  copyFileSync(join(directory, 'client.key'), join(folder, 'me.key'));
  assert.equal(await ask({}, tls, settings), 'https:');
});
