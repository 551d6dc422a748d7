import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
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
import { needsRoot } from '../scratch-images.ts';
import { putRemote } from '../support/remote-image.ts';
import { TestRegistry } from '../support/test-registry.ts';

const skip =
  needsRoot || (existsSync('/usr/bin/openssl') ? false : 'certificates are made with openssl');
const program = join(import.meta.dirname, '../../src/cli/bin.ts');
let directory = '';

before(() => {
  directory = mkdtempSync(join(tmpdir(), 'stave-e2e-tls-'));
  if (skip !== false) return;
  const openssl = (...args: string[]): void =>
    void execFileSync('/usr/bin/openssl', args, { cwd: directory, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  for (const ca of ['ca', 'other']) {
    const made = ['-keyout', `${ca}.key`, '-out', `${ca}.crt`];
    openssl('req', '-x509', ...key, '-subj', `/CN=${ca}`, ...made);
  }
  writeFileSync(join(directory, 'san'), 'subjectAltName=IP:127.0.0.1');
  openssl('req', ...key, '-subj', '/CN=s', '-keyout', 'server.key', '-out', 'server.csr');
  const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san'];
  openssl('x509', '-req', '-in', 'server.csr', ...sign, '-out', 'server.crt');
});

after(() => rmSync(directory, { recursive: true, force: true }));

interface House extends AsyncDisposable {
  readonly registry: TestRegistry;
  /** Has another authority for a registry too. */
  distrust(host: string): void;
  /** Runs stave; gives its exit code and what it complained of. */
  run(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<[number | null, string]>;
}

/** A registry whose certificate must be good: an authority is there, but another one. */
async function house(auth?: 'basic'): Promise<House> {
  const read = (name: string): string => readFileSync(join(directory, name), 'utf8');
  const tls = { cert: read('server.crt'), key: read('server.key') };
  const registry = await TestRegistry.open({ tls, ...(auth && { auth }) });
  const home = mkdtempSync(join(directory, 'home-'));
  const distrust = (host: string): void => {
    const trusted = join(home, '.config/containers/certs.d', host);
    mkdirSync(trusted, { recursive: true });
    copyFileSync(join(directory, 'other.crt'), join(trusted, 'ca.crt'));
  };
  distrust(registry.host);
  return {
    registry,
    distrust,
    async run(args, env = {}) {
      const argv = [program, '--root', join(home, 'store'), ...args];
      const child = spawn(process.execPath, argv, {
        stdio: ['ignore', 'ignore', 'pipe'],
        env: { PATH: '/usr/bin:/bin', HOME: home, ...env },
      });
      let said = '';
      child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
      const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
      return [code, said];
    },
    async [Symbol.asyncDispose]() {
      await registry[Symbol.asyncDispose]();
    },
  };
}

test('--tls-verify=false, --cert-dir and variables say what is trusted', { skip }, async () => {
  await using at = await house();
  putRemote(at.registry, 'app', 'v1');
  const image = `${at.registry.host}/app:v1`;
  const [code, said] = await at.run(['pull', image]);
  assert.equal(code, 1);
  assert.match(said, /certificate is signed by nobody known/);
  const folder = join(directory, 'folder');
  mkdirSync(folder, { recursive: true });
  copyFileSync(join(directory, 'ca.crt'), join(folder, 'own.crt'));
  const authority = join(directory, 'ca.crt');
  for (const [args, env] of [
    [['pull', '--tls-verify=false', image], {}],
    [['push', '--tls-verify=false', image], {}],
    [['pull', '--cert-dir', folder, image], {}],
    [['tags', '--cert-dir', folder, image], {}],
    [['manifest', 'inspect', '--insecure', image], {}],
    [['tags', image], { SSL_CERT_FILE: authority }],
    [['tags', image], { NODE_EXTRA_CA_CERTS: authority }],
  ] as const) {
    assert.deepEqual(await at.run(args, env), [0, ''], args.join(' '));
  }
});

test('login --tls-verify=false, and no login without', { skip }, async () => {
  await using at = await house('basic');
  const login = ['login', '-u', 'alice', '-p', 's3cret', at.registry.host];
  assert.equal((await at.run(login))[0], 1);
  assert.equal((await at.run([...login, '--tls-verify=false']))[0], 0);
});

test(
  'copy --src-tls-verify=false and --dest-tls-verify=false are each for one side',
  { skip },
  async () => {
    await using from = await house();
    await using to = await house();
    from.distrust(to.registry.host);
    putRemote(from.registry, 'app', 'v1');
    const source = `docker://${from.registry.host}/app:v1`;
    const target = `docker://${to.registry.host}/app:v1`;
    const layout = `oci:${join(directory, 'layout')}:v1`;
    const copy = (...args: string[]): Promise<[number | null, string]> =>
      from.run(['copy', ...args]);
    assert.match((await copy(source, layout))[1], /certificate/);
    assert.deepEqual(await copy('-q', '--src-tls-verify=false', source, layout), [0, '']);
    assert.equal((await copy('-q', '--dest-tls-verify=false', source, target))[0], 1);
    assert.equal((await copy('-q', '--src-tls-verify=false', source, target))[0], 1);
    const both = ['--src-tls-verify=false', '--dest-tls-verify=false'];
    assert.deepEqual(await copy('-q', ...both, source, target), [0, '']);
    const byFolder = ['--src-cert-dir', join(directory, 'folder'), '--dest-tls-verify=false'];
    mkdirSync(join(directory, 'folder'), { recursive: true });
    copyFileSync(join(directory, 'ca.crt'), join(directory, 'folder/own.crt'));
    assert.deepEqual(await copy('-q', ...byFolder, source, target), [0, '']);
    assert.ok(to.registry.manifests.has('app/v1'));
  },
);
