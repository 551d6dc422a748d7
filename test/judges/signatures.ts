/**
 * Signs images in the reference registry: cosign verifies what stave signed, stave what cosign and
 * notation signed; podman obeys the same policy. Needs root and the peers (scripts/peers.sh install).
 *
 * usage: signatures.ts
 */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBaseTar, peer, stave as staveOf, type Builder } from './builders.ts';
import { startReference } from './registry-server.ts';

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

let failures = 0;

/** Runs and says how it went. */
function check(what: string, builder: Builder, args: readonly string[], wanted = 0): void {
  const { code, stdout, stderr } = builder.call(args);
  if (code !== wanted) failures += 1;
  const said = stderr.trim() || stdout.trim();
  console.log(`${code === wanted ? 'ok  ' : 'FAIL'} ${what}`);
  if (code !== wanted) console.log(`     exit ${code}, not ${wanted}: ${said}`);
}

/** Nothing but the registry is to be asked. */
const OFFLINE = ['--use-signing-config=false', '--tlog-upload=false', '-y'];

function withCosign(host: string): void {
  const verify = ['verify', '--insecure-ignore-tlog', '--key'];
  check('stave makes a pair of keys', stave, ['sign', '--generate-key', 'own']);
  check('cosign makes a pair of keys', cosign, ['generate-key-pair']);
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

function withNotation(host: string): void {
  check('notation makes a certificate', notation, ['cert', 'generate-test', '--default', 'judge']);
  const certificate = join(work, '.config/notation/localkeys/judge.crt');
  for (const format of ['jws', 'cose']) {
    const name = push(host, `notation-${format}`);
    const sign = ['sign', '--insecure-registry', '--signature-format', format, '-m', 'x=1', name];
    check(`notation signs in ${format}`, notation, sign);
    check('... stave verifies', stave, ['verify', '--certificate', certificate, '-a', 'x=1', name]);
  }
}

function withPolicy(host: string): void {
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
  const pull = ['pull', '-q', '--tls-verify=false'];
  const [signed, unsigned] = [`${host}/stave-0:v1`, `${host}/none:v1`];
  check('podman pulls what stave signed', podman, [...pull, signed]);
  check('... and not what nobody signed', podman, [...pull, unsigned], 125);
  check('stave pulls it by the same policy', stave, ['pull', '-q', signed]);
  check('... and not what nobody signed', stave, ['pull', '-q', unsigned], 1);
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
  using registry = await startReference(top, work);
  const { host } = registry;
  for (const [program, judge] of [
    [cosign, withCosign],
    [notation, withNotation],
    [podman, withPolicy],
  ] as const) {
    if (program.call(['version']).code === 0) judge(host);
    else console.log(`skip ${program.name}: the peers are without it`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? 'all is well' : `${failures} went wrong`);
process.exitCode = failures === 0 ? 0 : 1;
