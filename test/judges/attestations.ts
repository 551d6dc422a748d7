/**
 * Attaches lists of packages and other statements to images in the reference registry: cosign
 * verifies what stave attested and stave reads what cosign attested; buildx reads what stave built;
 * dpkg-query says what is installed in the peers' own Debian. Needs root and the peers
 * (scripts/peers.sh install).
 *
 * usage: attestations.ts
 */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { peer, run, stave as staveOf, type Builder } from './builders.ts';
import { startReference } from './registry-server.ts';

const top = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'stave-attestations-'));
const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/root', '.cache');
const peers = (process.env['STAVE_PEERS'] ??= join(cache, 'stave-peers'));
process.env['HOME'] = work;
process.env['DOCKER_CONFIG'] = join(work, '.docker');
process.env['COSIGN_PASSWORD'] = 'judge';

const stave = staveOf(top, work);
const cosign = peer(top, work, ['cosign']);
const docker = peer(top, work, ['docker']);
const dpkg = peer(top, work, ['dpkg-query']);

let failures = 0;

function say(what: string, why: string | undefined): void {
  if (why !== undefined) failures += 1;
  console.log(why === undefined ? `ok   ${what}` : `FAIL ${what}\n     ${why}`);
}

/** Runs and says how it went; returns what was printed. */
function check(what: string, builder: Builder, args: readonly string[], wanted?: RegExp): string {
  const { code, stdout, stderr } = builder.call(args);
  const ok = code === 0 && (wanted === undefined || wanted.test(stdout));
  say(what, ok ? undefined : `exit ${code}: ${stderr.trim() || stdout.slice(0, 300)}`);
  return stdout;
}

/** The peers' folder is a Debian; its list must be that of dpkg-query, to the letter. */
function withDpkg(): void {
  const tar = join(work, 'debian.tar');
  const parts = ['etc/os-release', 'usr/lib/os-release', 'usr/share/doc', 'var/lib/dpkg'];
  run(['/bin/tar', '-C', peers, '-cf', tar, ...parts], work, process.env);
  check('stave import', stave, ['import', tar, 'judge/debian']);
  const format = ['-W', '-f', '${Package} ${Version} ${Architecture}\\n'];
  const theirs = dpkg.call(format).stdout.trim().split('\n').sort();
  const document = JSON.parse(
    check('stave sbom', stave, ['sbom', '--format', 'cyclonedx-json', 'judge/debian']),
  ) as { components: { type: string; name: string; version: string; purl?: string }[] };
  const ours = document.components
    .filter(({ type }) => type === 'library')
    .map(({ name, version, purl = '' }) => `${name} ${version} ${/arch=(\w+)/.exec(purl)?.[1]}`)
    .sort();
  const missing = theirs.filter((one) => !ours.includes(one));
  const extra = ours.filter((one) => !theirs.includes(one));
  const isSame = theirs.length > 1 && missing.length + extra.length === 0;
  say(
    `... has the ${theirs.length} packages of dpkg-query`,
    isSame ? undefined : `missing: ${missing.join(', ')}; besides: ${extra.join(', ')}`,
  );
}

function withCosign(host: string): void {
  const verify = ['verify-attestation', '--insecure-ignore-tlog', '--allow-insecure-registry'];
  check('stave makes a pair of keys', stave, ['sign', '--generate-key', 'own']);
  writeFileSync(join(work, 'p.json'), '{"builder":{"id":"judge"}}');
  for (const [form, flags] of [
    ['under a tag', []],
    ['as a bundle', ['--referrer']],
  ] as const) {
    const name = push(host, `attested-${flags.length}`);
    const signed = ['--key', 'own.key', ...flags, name];
    check(`stave attests packages ${form}`, stave, ['attest', '--sbom', ...signed]);
    check(`... and provenance`, stave, [
      'attest',
      '--predicate',
      'p.json',
      '--type',
      'slsaprovenance1',
      ...signed,
    ]);
    for (const type of ['spdxjson', 'slsaprovenance1']) {
      const args = [...verify, '--key', 'own.pub', '--type', type, name];
      check(`... cosign verifies ${type}`, cosign, args);
    }
    check('... stave finds the list', stave, ['sbom', '--attached', name], /"SPDX-2\.3"/);
  }
  check('stave sbom -o', stave, [
    'sbom',
    '--format',
    'spdx-json',
    '-o',
    'list.json',
    'judge/debian',
  ]);
  for (const [form, flags] of [
    ['as a bundle', []],
    ['under a tag', ['--new-bundle-format=false']],
  ] as const) {
    const theirs = push(host, `theirs-${flags.length}`);
    const offline = ['--use-signing-config=false', '--tlog-upload=false', '-y', ...flags];
    const what = ['--key', 'own.key', '--predicate', 'list.json', '--type', 'spdxjson'];
    const attest = ['attest', '--allow-insecure-registry', ...offline, ...what, theirs];
    check(`cosign attests packages ${form}`, cosign, attest);
    check('... stave finds the list', stave, ['sbom', '--attached', theirs], /"SPDX-2\.3"/);
  }
}

function withBuildx(host: string): void {
  mkdirSync(join(work, 'context'));
  writeFileSync(join(work, 'context/Dockerfile'), 'FROM judge/debian\nLABEL a=b\n');
  const inspect = ['buildx', 'imagetools', 'inspect', '--format'];
  const build = ['build', '-q', '--sbom=true', '--provenance=mode=max', 'context', '-t'];
  const pushed = `${host}/built:v1`;
  check('stave build --sbom --push', stave, [...build, pushed, '--push']);
  const later = `${host}/later:v1`;
  check('stave build --sbom', stave, [...build, later]);
  check('... and stave push', stave, ['push', '-q', later]);
  for (const name of [pushed, later]) {
    check('... buildx reads the list', docker, [...inspect, '{{json .SBOM}}', name], /SPDX-2\.3/);
    const provenance = [...inspect, '{{json .Provenance}}', name];
    check('... and the provenance', docker, provenance, /buildDefinition/);
  }
  const single = `${host}/single:v1`;
  const args = [...build, single, '--push', '--attest-as-referrer'];
  check('stave build --attest-as-referrer', stave, args);
  check(
    '... is no index',
    docker,
    [...inspect, '{{.Manifest.MediaType}}', single],
    /image\.manifest/,
  );
  check('... stave finds the list', stave, ['sbom', '--attached', single], /"SPDX-2\.3"/);
}

function push(host: string, repository: string): string {
  const name = `${host}/${repository}:v1`;
  stave.call(['tag', 'judge/debian', name]);
  stave.call(['push', '-q', name]);
  return name;
}

try {
  using registry = await startReference(top, work);
  const { host } = registry;
  withDpkg();
  for (const [program, version, judge] of [
    [cosign, ['version'], withCosign],
    [docker, ['buildx', 'version'], withBuildx],
  ] as const) {
    if (program.call(version).code === 0) judge(host);
    else console.log(`skip ${program.name}: the peers are without it`);
  }
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? 'all is well' : `${failures} went wrong`);
process.exitCode = failures === 0 ? 0 : 1;
