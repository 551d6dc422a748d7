/**
 * Signs images in the reference registry, and in stave's own plain, with a password and with
 * tokens behind TLS: cosign verifies what stave signed, stave what cosign and notation signed,
 * which verify it too; podman obeys the same policy. Needs root and the peers
 * (scripts/peers.sh install).
 *
 * usage: signatures.ts
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBaseTar, peer, stave as staveOf, type Builder } from './builders.ts';
import { makeCertificate, startOwn, startReference } from './registry-server.ts';

const top = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'stave-signatures-'));
const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/root', '.cache');
process.env['STAVE_PEERS'] ??= join(cache, 'stave-peers');
process.env['HOME'] = work;
process.env['DOCKER_CONFIG'] = join(work, '.docker');
process.env['XDG_CONFIG_HOME'] = join(work, '.config');
process.env['COSIGN_PASSWORD'] = 'judge';

const stave = staveOf(top, work);
const cosign = peer(top, work, ['cosign']);
const notation = peer(top, work, ['notation']);
const storage = ['--root', join(work, 'podman'), '--runroot', join(work, 'podman-run')];
const podman = peer(top, work, ['podman', ...storage, '--storage-driver', 'vfs']);

/** A registry that images are signed in. */
interface Place {
  readonly host: string;
  readonly isTls: boolean;
}

let failures = 0;
let checks = 0;

/** Runs and says how it went. */
function check(what: string, builder: Builder, args: readonly string[], wanted = 0): void {
  const { code, stdout, stderr } = builder.call(args);
  checks += 1;
  if (code !== wanted) failures += 1;
  const said = stderr.trim() || stdout.trim();
  console.log(`${code === wanted ? 'ok  ' : 'FAIL'} ${what}`);
  if (code !== wanted) console.log(`     exit ${code}, not ${wanted}: ${said}`);
}

/** Nothing but the registry is to be asked. */
const OFFLINE = ['--use-signing-config=false', '--tlog-upload=false', '-y'];

function withCosign({ host }: Place): void {
  const verify = ['verify', '--insecure-ignore-tlog', '--key'];
  if (!existsSync(join(work, 'own.key'))) {
    check('stave makes a pair of keys', stave, ['sign', '--generate-key', 'own']);
    check('cosign makes a pair of keys', cosign, ['generate-key-pair']);
  }
  for (const [form, flags] of [
    ['under a tag', []],
    ['as a referrer', ['--referrer']],
  ] as const) {
    const name = push(host, `stave-${flags.length}`);
    check(`stave signs ${form}`, stave, ['sign', '--key', 'own.key', '-a', 'x=1', ...flags, name]);
    check('... cosign verifies', cosign, [...verify, 'own.pub', '-a', 'x=1', name]);
    check('... stave verifies', stave, ['verify', '--key', 'own.pub', '-a', 'x=1', name]);
    check('... and refuses another key', stave, ['verify', '--key', 'cosign.pub', name], 12);
  }
  for (const [form, flags] of [
    ['under a tag', ['--new-bundle-format=false']],
    ['as a bundle', []],
  ] as const) {
    const name = push(host, `cosign-${flags.length}`);
    const sign = ['sign', '--key', 'cosign.key', '-a', 'x=1', ...OFFLINE, ...flags, name];
    check(`cosign signs ${form}`, cosign, sign);
    check('... cosign verifies', cosign, [...verify, 'cosign.pub', '-a', 'x=1', name]);
    check('... stave verifies', stave, ['verify', '--key', 'cosign.pub', '-a', 'x=1', name]);
    check(
      '... and refuses other notes',
      stave,
      ['verify', '--key', 'cosign.pub', '-a', 'x=2', name],
      12,
    );
    check('... and adds its own', stave, ['sign', '--key', 'own.key', name]);
    check('... cosign verifies', cosign, [...verify, 'cosign.pub', name]);
  }
  const mixed = push(host, 'mixed');
  check('stave signs with the key of cosign', stave, ['sign', '--key', 'cosign.key', mixed]);
  check('... cosign verifies', cosign, [...verify, 'cosign.pub', mixed]);
  const theirs = push(host, 'theirs');
  check('cosign signs with the key of stave', cosign, [
    'sign',
    '--key',
    'own.key',
    ...OFFLINE,
    theirs,
  ]);
  check('... stave verifies', stave, ['verify', '--key', 'own.pub', theirs]);
  check(
    'an image that nobody signed',
    stave,
    ['verify', '--key', 'own.pub', push(host, 'none')],
    10,
  );
}

function withNotation({ host, isTls }: Place): void {
  const folder = join(work, '.config/notation');
  const certificate = join(folder, 'localkeys/judge.crt');
  if (!existsSync(certificate)) {
    const make = ['cert', 'generate-test', '--default', 'judge'];
    check('notation makes a certificate', notation, make);
    const everything = {
      name: 'all',
      registryScopes: ['*'],
      signatureVerification: { level: 'strict' },
      trustStores: ['ca:judge'],
      trustedIdentities: ['*'],
    };
    const policy = { version: '1.0', trustPolicies: [everything] };
    writeFileSync(join(folder, 'trustpolicy.json'), JSON.stringify(policy), { mode: 0o600 });
  }
  const way = isTls ? [] : ['--insecure-registry'];
  for (const [format, tagged] of [
    ['jws', true],
    ['cose', false],
  ] as const) {
    const name = push(host, `notation-${format}`);
    const form = [`--force-referrers-tag=${tagged}`, '--signature-format', format, '-m', 'x=1'];
    check(`notation signs in ${format}`, notation, ['sign', ...way, ...form, name]);
    check('... notation verifies', notation, ['verify', ...way, '-m', 'x=1', name]);
    check('... stave verifies', stave, ['verify', '--certificate', certificate, '-a', 'x=1', name]);
  }
}

function withPolicy({ host, isTls }: Place): void {
  const keyPath = join(work, 'own.pub');
  const requirement = {
    type: 'sigstoreSigned',
    keyPath,
    signedIdentity: { type: 'matchRepository' },
  };
  const policy = {
    default: [{ type: 'reject' }],
    transports: { docker: { [host]: [requirement] } },
  };
  const folder = join(work, '.config/containers');
  mkdirSync(join(folder, 'registries.d'), { recursive: true });
  writeFileSync(join(folder, 'policy.json'), JSON.stringify(policy));
  writeFileSync(
    join(folder, 'registries.d/judge.yaml'),
    `docker:\n  ${host}:\n    use-sigstore-attachments: true\n`,
  );
  const pull = ['pull', '-q', `--tls-verify=${isTls}`];
  const [signed, unsigned] = [`${host}/stave-0:v1`, `${host}/none:v1`];
  check('podman pulls what stave signed', podman, [...pull, signed]);
  check('... and not what nobody signed', podman, [...pull, unsigned], 125);
  check('stave pulls it by the same policy', stave, ['pull', '-q', signed]);
  check('... and not what nobody signed', stave, ['pull', '-q', unsigned], 1);
}

/** Everybody trusts the authority of a registry, and knows its password. */
function enter(host: string, authority: string): void {
  const trust = join(work, '.config/containers/certs.d', host);
  mkdirSync(trust, { recursive: true });
  copyFileSync(authority, join(trust, 'ca.crt'));
  process.env['SSL_CERT_FILE'] = authority;
  process.env['NOTATION_USERNAME'] = 'alice';
  process.env['NOTATION_PASSWORD'] = 's3cret';
  process.env['REGISTRY_AUTH_FILE'] = join(work, '.docker/config.json');
  check('stave login', stave, ['login', '-u', 'alice', '-p', 's3cret', host]);
}

function push(host: string, repository: string): string {
  const name = `${host}/${repository}:v1`;
  stave.call(['tag', 'judge/base', name]);
  stave.call(['push', '-q', name]);
  return name;
}

try {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('no busybox: run npm run setup');
  stave.call(['import', makeBaseTar(work, busybox), 'judge/base']);
  const certificate = makeCertificate(work);
  const tls = { tls: certificate };
  for (const [name, start] of [
    ['the reference registry', () => startReference(top, work)],
    ['the registry of stave', () => startOwn(top, work)],
    [
      'the registry of stave with TLS and a password',
      () => startOwn(top, work, { ...tls, password: 'htpasswd' }),
    ],
    [
      'the registry of stave with TLS and tokens',
      () => startOwn(top, work, { ...tls, password: 'token' }),
    ],
  ] as const) {
    console.log(`-- ${name}`);
    using registry = await start();
    const { host } = registry;
    const isTls = name.includes('TLS');
    if (isTls) enter(host, certificate.authority);
    for (const [program, judge] of [
      [cosign, withCosign],
      [notation, withNotation],
      [podman, withPolicy],
    ] as const) {
      if (program.call(['version']).code === 0) judge({ host, isTls });
      else console.log(`skip ${program.name}: the peers are without it`);
    }
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? `all ${checks} are well` : `${failures} of ${checks} went wrong`);
process.exitCode = failures === 0 ? 0 : 1;
