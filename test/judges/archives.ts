/**
 * Archives between programs: what stave saves, in every form, is read by Docker (both stores), podman,
 * skopeo, crane and umoci, and what they write is read by stave. The image ID must be the same each time, and
 * the manifest's digest wherever the form keeps manifests. Needs root and the peers (scripts/peers.sh install).
 *
 * usage: archives.ts
 */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execFileSync } from 'node:child_process';
import { makeBaseTar, peer, stave as staveOf, type Builder } from './builders.ts';

const top = join(import.meta.dirname, '../..');
const work = mkdtempSync(join(tmpdir(), 'stave-archives-'));
const cache = process.env['XDG_CACHE_HOME'] ?? join(process.env['HOME'] ?? '/root', '.cache');
process.env['STAVE_PEERS'] ??= join(cache, 'stave-peers');
process.env['PODMAN_IGNORE_CGROUPSV1_WARNING'] = '1';

const stave = staveOf(top, work);
const storage = ['--root', join(work, 'podman'), '--runroot', join(work, 'podman-run')];
const podman = peer(top, work, ['podman', ...storage, '--storage-driver', 'vfs']);
const skopeo = peer(top, work, ['skopeo', '--insecure-policy']);
const crane = peer(top, work, ['crane']);
const umoci = peer(top, work, ['umoci']);

let failures = 0;
let checks = 0;

function report(what: string, problem: string | undefined): void {
  checks += 1;
  if (problem !== undefined) failures += 1;
  console.log(problem === undefined ? `ok   ${what}` : `FAIL ${what}: ${problem}`);
}

/** Runs and gives what was printed; a failure is reported. */
function did(what: string, builder: Builder, args: readonly string[]): string | undefined {
  const { code, stdout, stderr } = builder.call(args);
  if (code === 0) return stdout.trim();
  report(what, `exit ${code}: ${(stderr || stdout).trim().slice(-300)}`);
  return undefined;
}

/** Runs, and compares what was printed. */
function says(what: string, builder: Builder, args: readonly string[], wanted: string): void {
  const said = did(what, builder, args);
  if (said === undefined) return;
  report(what, said.includes(wanted) ? undefined : `said ${said.slice(0, 200)}, not ${wanted}`);
}

function must(builder: Builder, args: readonly string[]): string {
  const { code, stdout, stderr } = builder.call(args);
  if (code !== 0) throw new Error(`${builder.name} ${args.join(' ')}: ${stderr}`);
  return stdout.trim();
}

/** The digest of the one manifest that a layout's index names. */
function manifestIn(layout: string): string {
  const index = JSON.parse(readFileSync(join(layout, 'index.json'), 'utf8')) as {
    manifests: { digest: string }[];
  };
  return index.manifests[0]?.digest ?? 'none';
}

/** Ours again: what stave says is the manifest of an image, by saving it as a layout. */
function digestHere(builder: Builder, name: string): string {
  const layout = mkdtempSync(join(work, 'layout-'));
  rmSync(layout, { recursive: true });
  must(builder, ['save', '--format', 'oci-dir', '-o', layout, name]);
  return manifestIn(layout);
}

/** An image under test: of layers that are plain, as a build makes them, or packed, as a registry has them. */
interface Subject {
  readonly name: string;
  readonly id: string;
  readonly digest: string;
}

function prepare(): Subject[] {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('no busybox: run npm run setup');
  const context = join(work, 'context');
  mkdirSync(context);
  makeBaseTar(work, busybox);
  execFileSync('mv', [join(work, 'base.tar'), context]);
  const text = 'FROM scratch\nADD base.tar /\nCOPY file /\nENV PATH=/bin\nCMD ["sh"]\n';
  writeFileSync(join(context, 'Dockerfile'), text);
  writeFileSync(join(context, 'file'), 'content');
  must(stave, ['build', '-q', '-t', 'judge/plain:v1', context]);
  // Another config, or both would be one image.
  writeFileSync(join(context, 'Dockerfile'), `${text}ENV PACKED=yes\n`);
  const other = staveOf(top, join(work, 'second'));
  mkdirSync(join(work, 'second'));
  must(other, ['build', '-q', '-t', 'judge/packed:v1', context]);
  const layout = join(work, 'packed');
  must(other, ['save', '--format', 'oci-dir', '--compress', '-o', layout, 'judge/packed:v1']);
  must(stave, ['load', '-i', layout]);
  return ['judge/plain:v1', 'judge/packed:v1'].map((name) => ({
    name,
    id: must(stave, ['image', 'inspect', '-f', '{{.Id}}', name]),
    digest: digestHere(stave, name),
  }));
}

const hex = (digest: string): string => digest.replace('sha256:', '');

/** What others make of what stave writes. */
function theyRead({ name, id, digest }: Subject): void {
  const at = (file: string): string => join(work, `${name.replace(/\W/g, '-')}-${file}`);
  const [tar, gz, oci, layout, dir] = ['a.tar', 'a.tar.gz', 'oci.tar', 'layout', 'dir'].map(at) as [
    string,
    string,
    string,
    string,
    string,
  ];
  must(stave, ['save', '-o', tar, name]);
  must(stave, ['save', '--compress', '-o', gz, name]);
  must(stave, ['save', '--format', 'oci-archive', '-o', oci, name]);
  must(stave, ['save', '--format', 'oci-dir', '-o', layout, name]);
  must(stave, ['save', '--format', 'docker-dir', '-o', dir, name]);

  for (const file of [tar, gz, oci, layout, dir]) {
    const what = file.slice(work.length + 1);
    const said = did(`podman load ${what}`, podman, ['load', '-q', '-i', file]);
    if (said === undefined) continue;
    const loaded = said.replace(/^Loaded image: /, '');
    says(`podman load ${what}`, podman, ['inspect', '-f', '{{.Id}}', loaded], hex(id));
    podman.call(['rmi', '-af']);
  }
  const inspect = (place: string): readonly string[] => ['inspect', '--config', '--raw', place];
  for (const place of [`docker-archive:${tar}`, `docker-archive:${gz}`, `dir:${dir}`]) {
    says(`skopeo ${place.slice(0, 20)}… ${name}`, skopeo, inspect(place), '"diff_ids"');
  }
  for (const place of [`oci-archive:${tar}`, `oci-archive:${oci}`, `oci:${layout}`]) {
    says(`skopeo ${place.slice(0, 12)}… ${name}`, skopeo, ['inspect', place], digest);
  }
  says(`crane validate ${name}`, crane, ['validate', '--tarball', tar], 'PASS');
  says(`crane config ${name}`, crane, ['digest', '--tarball', tar, name], 'sha256:');
  says(`umoci stat ${name}`, umoci, ['stat', '--image', `${layout}:v1`], 'LAYER');
  const bundle = at('bundle');
  if (did(`umoci unpack ${name}`, umoci, ['unpack', '--image', `${layout}:v1`, bundle]) === '') {
    const file = join(bundle, 'rootfs/file');
    const ok = existsSync(file) && readFileSync(file, 'utf8') === 'content';
    report(`umoci unpack ${name}`, ok ? undefined : 'the file is not there');
  }
}

/** Docker reads ours, and we read Docker's, with one of its two stores. */
function docker(store: 'classic' | 'containerd', subjects: readonly Subject[]): void {
  const state = join(work, `docker-${store}`);
  process.env['STAVE_PEERS_STATE'] = state;
  process.env['STAVE_PEERS_STORE'] = store;
  const peers = join(top, 'scripts/peers.sh');
  const started = execFileSync(peers, ['dockerd', 'start'], { encoding: 'utf8' }).trim();
  process.env['DOCKER_HOST'] = started.replace('DOCKER_HOST=', '');
  const client = peer(top, work, ['docker']);
  try {
    for (const { name, id, digest } of subjects) {
      const own = join(work, `to-${store}.tar`);
      for (const flags of [[], ['--compress'], ['--compress=zstd'], ['--format', 'oci-archive']]) {
        // The classic store reads archives of its own form only.
        if (store === 'classic' && flags.includes('oci-archive')) continue;
        must(stave, ['save', ...flags, '-o', own, name]);
        const what = `docker (${store}) load ${flags.join(' ')} ${name}`;
        says(what, client, ['load', '-q', '-i', own], name);
        const wanted = store === 'classic' ? id : digest;
        says(what, client, ['image', 'inspect', '-f', '{{.Id}}', name], wanted);
      }
      const theirs = join(work, `from-${store}.tar`);
      const what = `docker (${store}) save ${name}`;
      if (did(what, client, ['save', '-o', theirs, name]) === undefined) continue;
      weRead(what, theirs, id, store === 'containerd' ? digest : undefined);
      client.call(['rmi', '-f', name]);
    }
  } finally {
    execFileSync(peers, ['dockerd', 'stop']);
  }
}

let stores = 0;

/** Loads into a store of its own and compares. */
function weRead(what: string, archive: string, id: string, digest?: string): void {
  const place = join(work, `reader-${stores++}`);
  mkdirSync(place);
  const reader = staveOf(top, place);
  if (did(`stave load: ${what}`, reader, ['load', '-i', archive]) === undefined) return;
  const found = must(reader, ['images', '-q', '--no-trunc']).split('\n')[0] ?? '';
  const wrongId = found === id ? undefined : `ID ${found}, not ${id}`;
  const kept = digest === undefined || wrongId ? undefined : digestHere(reader, found);
  report(`stave load: ${what}`, wrongId ?? (kept === digest ? undefined : `manifest ${kept}`));
  rmSync(place, { recursive: true });
}

/** What stave makes of what others write. */
function weReadTheirs({ name, id, digest }: Subject): void {
  const own = join(work, 'own.tar');
  must(stave, ['save', '-o', own, name]);
  const loaded = must(podman, ['load', '-q', '-i', own]).replace(/^Loaded image: /, '');
  for (const format of ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir']) {
    const place = join(work, `podman-${format}-${stores}`);
    const what = `podman save --format ${format} ${name}`;
    const saved = did(what, podman, ['save', '-q', '--format', format, '-o', place, loaded]);
    // Podman writes its own manifest; the config stays.
    if (saved !== undefined) weRead(what, place, id);
  }
  podman.call(['rmi', '-af']);
  for (const [scheme, end] of [
    ['docker-archive', ':x:1'],
    ['oci-archive', ':v1'],
    ['oci', ':v1'],
    ['dir', ''],
  ] as const) {
    const place = join(work, `skopeo-${scheme}-${stores}`);
    const what = `skopeo copy to ${scheme} ${name}`;
    const keeps = scheme === 'docker-archive' ? [] : ['--preserve-digests'];
    const args = ['copy', '-q', ...keeps, `oci-archive:${own}`, `${scheme}:${place}${end}`];
    if (did(what, skopeo, args) === undefined) continue;
    weRead(what, place, idOf(place, id), scheme === 'docker-archive' ? undefined : digest);
  }
}

/** skopeo writes the config anew for `docker-archive`; the ID is then that of what it wrote. */
function idOf(place: string, id: string): string {
  if (!existsSync(place) || readdirSync(join(place, '..')).length === 0) return id;
  try {
    const text = execFileSync('tar', ['-xOf', place, 'manifest.json'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [first] = JSON.parse(text) as { Config: string }[];
    return `sha256:${/([0-9a-f]{64})/.exec(first?.Config ?? '')?.[1] ?? ''}`;
  } catch {
    return id;
  }
}

/** Images that crane and umoci make themselves. */
function madeElsewhere(): void {
  const layer = join(work, 'context/base.tar');
  const tar = join(work, 'crane.tar');
  if (
    did('crane append', crane, ['append', '-f', layer, '-t', 'made/crane:1', '-o', tar]) !==
    undefined
  ) {
    weRead('crane append', tar, idOf(tar, ''));
  }
  const layout = join(work, 'umoci');
  must(umoci, ['init', '--layout', layout]);
  must(umoci, ['new', '--image', `${layout}:v1`]);
  must(umoci, ['raw', 'add-layer', '--image', `${layout}:v1`, layer]);
  const digest = manifestIn(layout);
  const blob = join(layout, 'blobs/sha256', hex(digest));
  const { config } = JSON.parse(readFileSync(blob, 'utf8')) as { config: { digest: string } };
  weRead('umoci raw add-layer', layout, config.digest, digest);
}

try {
  const subjects = prepare();
  for (const subject of subjects) {
    theyRead(subject);
    weReadTheirs(subject);
  }
  madeElsewhere();
  docker('classic', subjects);
  docker('containerd', subjects);
} finally {
  rmSync(work, { recursive: true, force: true });
}
console.log(`${checks - failures} of ${checks} as they should be`);
process.exitCode = failures > 0 ? 1 : 0;
