/**
 * Sends images to the reference registry and back: plain, with TLS and an authority of its own,
 * with a password, with tokens. What stave pushes, skopeo, crane, podman and, where DOCKER_HOST is set, Docker
 * read; what they push, stave reads. Needs root and the peers (scripts/peers.sh install).
 *
 * usage: registries.ts
 */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { makeBaseTar, peer, stave as staveOf, type Builder } from './builders.ts';

const top = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'stave-registries-'));
const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/root', '.cache');
process.env['STAVE_PEERS'] ??= join(cache, 'stave-peers');
// Everybody's credentials and certificates, and nobody else's.
process.env['HOME'] = work;
process.env['DOCKER_CONFIG'] = join(work, '.docker');
process.env['REGISTRY_AUTH_FILE'] = join(work, '.docker/config.json');
mkdirSync(join(work, '.docker'));

const stave = staveOf(top, work);
const storage = ['--root', join(work, 'podman'), '--runroot', join(work, 'podman-run')];
const podman = peer(top, work, ['podman', ...storage, '--storage-driver', 'vfs']);
const skopeo = peer(top, work, ['skopeo', '--insecure-policy']);
const crane = peer(top, work, ['crane']);
const docker = peer(top, work, ['docker']);

interface Mode {
  readonly name: string;
  readonly tls: boolean;
  /** How it finds out who asks. */
  readonly password: 'none' | 'htpasswd' | 'token';
}

const MODES: readonly Mode[] = [
  { name: 'plain', tls: false, password: 'none' },
  { name: 'TLS', tls: true, password: 'none' },
  { name: 'TLS and a password', tls: true, password: 'htpasswd' },
  { name: 'tokens', tls: false, password: 'token' },
];

let failures = 0;

/** Runs and says how it went; returns what was printed. */
function check(what: string, builder: Builder, args: readonly string[], wanted?: string): string {
  const { code, stdout, stderr } = builder.call(args);
  const said = stdout.trim();
  const ok = code === 0 && (wanted === undefined || said.includes(wanted));
  if (!ok) failures += 1;
  console.log(
    `${ok ? 'ok  ' : 'FAIL'} ${what}${ok ? '' : `: exit ${code}: ${stderr.trim() || said}`}`,
  );
  return said;
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}

function makeCertificates(): void {
  const openssl = (...args: string[]): void =>
    void execFileSync('/usr/bin/openssl', args, { cwd: work, stdio: 'ignore' });
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];
  openssl('req', '-x509', ...key, '-subj', '/CN=judge', '-keyout', 'ca.key', '-out', 'ca.crt');
  openssl('req', ...key, '-subj', '/CN=registry', '-keyout', 'reg.key', '-out', 'reg.csr');
  writeFileSync(join(work, 'san'), 'subjectAltName=IP:127.0.0.1');
  const sign = ['-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', 'san'];
  openssl('x509', '-req', '-in', 'reg.csr', ...sign, '-out', 'reg.crt');
}

async function judge({ name, tls, password }: Mode): Promise<void> {
  console.log(`-- ${name}`);
  const port = await freePort();
  const host = `127.0.0.1:${port}`;
  const folder = join(work, `registry-${port}`);
  mkdirSync(folder);
  // alice:s3cret
  const users = join(work, 'htpasswd');
  writeFileSync(users, 'alice:$2b$04$4whJDNL4RTQqwTj3jTClrOAxwNFqk2VlGP.zOP/cjFZK7tvshg83y\n');
  const tokens = await freePort();
  const token = {
    realm: `http://127.0.0.1:${tokens}/token`,
    service: 'judge',
    issuer: 'judge',
    rootcertbundle: join(work, 'ca.crt'),
  };
  const config = {
    version: '0.1',
    log: { level: 'error' },
    storage: { filesystem: { rootdirectory: folder } },
    http: {
      addr: host,
      ...(tls && { tls: { certificate: join(work, 'reg.crt'), key: join(work, 'reg.key') } }),
    },
    ...(password === 'htpasswd' && { auth: { htpasswd: { realm: 'judge', path: users } } }),
    ...(password === 'token' && { auth: { token } }),
  };
  writeFileSync(`${folder}.yml`, JSON.stringify(config));
  const argv = ['exec', 'docker-registry', 'serve', `${folder}.yml`];
  // The registry would take that variable for one of its own settings.
  const { REGISTRY_AUTH_FILE: _, ...env } = process.env;
  const program = join(top, 'scripts/peers.sh');
  const server = spawn(program, argv, { stdio: 'ignore', detached: true, env });
  const service =
    password === 'token'
      ? spawn(process.execPath, [
          join(top, 'test/support/token-service.ts'),
          String(tokens),
          join(work, 'reg.key'),
          join(work, 'reg.crt'),
        ])
      : undefined;
  try {
    if (tls) {
      const trust = join(work, '.config/containers/certs.d', host);
      mkdirSync(trust, { recursive: true });
      execFileSync('cp', [join(work, 'ca.crt'), join(trust, 'ca.crt')]);
      process.env['SSL_CERT_FILE'] = join(work, 'ca.crt');
    }
    await delay(2000);
    if (password !== 'none') {
      const early = stave.call(['push', '-q', `${host}/team/app:v1`]);
      if (early.code === 0) failures += 1;
      check(
        'stave login',
        stave,
        ['login', '-u', 'alice', '-p', 's3cret', host],
        'Login Succeeded',
      );
    }
    roundTrips(host, tls);
    if (password !== 'none') check('stave logout', stave, ['logout', host]);
  } finally {
    delete process.env['SSL_CERT_FILE'];
    service?.kill();
    if (server.pid !== undefined && server.exitCode === null) process.kill(-server.pid, 'SIGTERM');
  }
}

function roundTrips(host: string, tls: boolean): void {
  const image = `${host}/team/app:v1`;
  check('stave tag', stave, ['tag', 'judge/base', image]);
  const pushed = check('stave push', stave, ['push', image], 'digest: sha256:');
  const digest = /digest: (sha256:\w+)/.exec(pushed)?.[1] ?? '?';
  check('stave push again', stave, ['push', image], 'Layer already exists');
  const verify = `--tls-verify=${tls}`;
  check('crane digest', crane, ['digest', ...(tls ? [] : ['--insecure']), image], digest);
  check('skopeo inspect', skopeo, ['inspect', verify, `docker://${image}`], digest);
  check('podman pull', podman, ['pull', '-q', verify, image]);
  if (process.env['DOCKER_HOST']) {
    const theirs = `${host}/team/docker:v1`;
    check('docker pull', docker, ['pull', image], digest);
    check('docker tag', docker, ['tag', image, theirs]);
    check('docker push', docker, ['push', '-q', theirs]);
    check('stave pull of it', stave, ['pull', '-q', theirs], theirs);
  }
  const id = stave.call(['inspect', '-f', '{{.Id}}', 'judge/base']).stdout.trim();
  for (const format of ['oci', 'v2s2']) {
    const theirs = `${host}/team/${format}:v1`;
    const flags = ['-q', '--format', format, `--src-tls-verify=${tls}`, `--dest-tls-verify=${tls}`];
    const copy = ['copy', ...flags, `docker://${image}`, `docker://${theirs}`];
    check(`skopeo copy --format ${format}`, skopeo, copy);
    check('stave pull of it', stave, ['pull', '-q', theirs], theirs);
    check('... is the same image', stave, ['inspect', '-f', '{{.Id}}', theirs], id);
  }
  check('podman push', podman, ['push', '-q', verify, image, `docker://${host}/team/podman:v1`]);
  check('stave pull of it', stave, ['pull', '-q', `${host}/team/podman:v1`]);
  const byCrane = `${host}/team/crane:v1`;
  check('crane copy', crane, ['copy', ...(tls ? [] : ['--insecure']), image, byCrane]);
  check('stave pull of it', stave, ['pull', byCrane], `Digest: ${digest}`);
  check('stave tags', stave, ['tags', `${host}/team/app`], 'v1');
  const copied = `docker://${host}/other/app:v2`;
  check('stave copy', stave, ['copy', '-q', `docker://${image}`, copied], digest);
}

try {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('no busybox: run npm run setup');
  stave.call(['import', makeBaseTar(work, busybox), 'judge/base']);
  makeCertificates();
  for (const mode of MODES) await judge(mode);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? 'all is well' : `${failures} went wrong`);
process.exitCode = failures === 0 ? 0 : 1;
