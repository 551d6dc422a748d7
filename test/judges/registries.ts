/**
 * Sends images to registries and back: the reference registry plain, with TLS and an authority of
 * its own, with a password, with tokens; and stave's own in the same ways. What stave pushes,
 * skopeo, crane, oras, podman and Docker with both of its stores read; what they push, stave reads
 * into an empty store. Manifests and blobs must be the same bytes wherever a program keeps them.
 * Needs root and the peers (scripts/peers.sh install).
 *
 * usage: registries.ts
 */
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeBaseTar, peer, stave as staveOf, type Builder } from './builders.ts';
import { type Certificate, makeCertificate, startOwn, startReference } from './registry-server.ts';

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
const oras = peer(top, work, ['oras']);

/** A registry under judgement. */
interface Place {
  readonly name: string;
  readonly host: string;
  /** The authority of its certificate. */
  readonly authority: string | undefined;
  readonly password: boolean;
}

/** An image that stave pushed: its manifest and its config. */
interface Pushed {
  readonly image: string;
  readonly digest: string;
  readonly id: string;
}

let failures = 0;
let checks = 0;
let folders = 0;

function report(what: string, problem: string | undefined): void {
  checks += 1;
  if (problem !== undefined) failures += 1;
  console.log(problem === undefined ? `ok   ${what}` : `FAIL ${what}: ${problem}`);
}

/** Runs and says how it went; returns what was printed. */
function check(what: string, builder: Builder, args: readonly string[], wanted?: string): string {
  const { code, stdout, stderr } = builder.call(args);
  const said = stdout.trim();
  const ok = code === 0 && (wanted === undefined || said.includes(wanted));
  report(what, ok ? undefined : `exit ${code}: ${stderr.trim() || said.slice(0, 300)}`);
  return said;
}

const newFolder = (name: string): string => join(work, `${name}-${(folders += 1)}`);

/** What is wrong with the image of a layout: it has that manifest, and each blob its digest. */
function layoutProblem(layout: string, digest: string): string | undefined {
  const blobs = join(layout, 'blobs/sha256');
  if (!existsSync(blobs)) return 'there is no layout';
  const index = readFileSync(join(layout, 'index.json'), 'utf8');
  if (!index.includes(digest)) return `${digest} is not in ${index.slice(0, 300)}`;
  const bad = readdirSync(blobs).find(
    (name) =>
      createHash('sha256')
        .update(readFileSync(join(blobs, name)))
        .digest('hex') !== name,
  );
  if (bad !== undefined) return `the blob ${bad} has other bytes`;
  const manifest = JSON.parse(readFileSync(join(blobs, digest.slice(7)), 'utf8')) as {
    config: { digest: string };
    layers: { digest: string }[];
  };
  const wanted = [manifest.config, ...manifest.layers].map((one) => one.digest.slice(7));
  const missing = wanted.find((name) => !existsSync(join(blobs, name)));
  return missing && `the blob ${missing} is missing`;
}

/** stave reads what another program pushed: into an empty store, with the same config. */
function weRead(
  what: string,
  image: string,
  { id, digest }: Pick<Pushed, 'id'> & Partial<Pushed>,
): void {
  const empty = staveOf(top, mkdtempSync(join(work, 'empty-')));
  const wanted = digest === undefined ? image : `Digest: ${digest}`;
  check(`stave pull ${what}`, empty, ['pull', image], wanted);
  check('... is the same image', empty, ['inspect', '-f', '{{.Id}}', image], id);
}

/** stave pushes; gives what there is then. */
function push({ host }: Place, packing: string): Pushed {
  const image = `${host}/team/${packing}:v1`;
  check('stave tag', stave, ['tag', 'judge/base', image]);
  const args = ['push', '--compression', packing, image];
  const pushed = check(`stave push ${packing}`, stave, args, 'digest: sha256:');
  check('stave push again', stave, args, 'Layer already exists');
  const id = stave.call(['inspect', '-f', '{{.Id}}', 'judge/base']).stdout.trim();
  return { image, digest: /digest: (sha256:\w+)/.exec(pushed)?.[1] ?? '?', id };
}

/** Programs that keep manifests and blobs as they are. */
function copiers(place: Place, pushed: Pushed): void {
  const { image, digest } = pushed;
  const { host, authority } = place;
  const isTls = authority !== undefined;
  const theirs = (name: string): string => `${host}/${name}/app:v1`;

  const byCrane = newFolder('crane');
  const insecure = isTls ? [] : ['--insecure'];
  check('crane digest', crane, ['digest', ...insecure, image], digest);
  check('crane pull', crane, ['pull', ...insecure, '--format', 'oci', image, byCrane]);
  report('... has the same bytes', layoutProblem(byCrane, digest));
  check('crane push', crane, ['push', ...insecure, '--index=false', byCrane, theirs('crane')]);
  weRead('what crane pushed', theirs('crane'), pushed);
  check('crane copy', crane, ['copy', ...insecure, image, theirs('crane-copy')]);
  weRead('what crane copied', theirs('crane-copy'), pushed);

  const byOras = newFolder('oras');
  const way = (side: string): string[] =>
    isTls ? [`--${side}-ca-file`, authority] : [`--${side}-plain-http`];
  check('oras copy', oras, [
    'cp',
    '--no-tty',
    ...way('from'),
    '--to-oci-layout',
    image,
    `${byOras}:v1`,
  ]);
  report('... has the same bytes', layoutProblem(byOras, digest));
  check('oras copy back', oras, [
    'cp',
    '--no-tty',
    '--from-oci-layout',
    ...way('to'),
    `${byOras}:v1`,
    theirs('oras'),
  ]);
  weRead('what oras copied', theirs('oras'), pushed);

  const bySkopeo = newFolder('skopeo');
  const from = [`--src-tls-verify=${isTls}`, '--preserve-digests'];
  check(
    'skopeo inspect',
    skopeo,
    ['inspect', `--tls-verify=${isTls}`, `docker://${image}`],
    digest,
  );
  check('skopeo copy', skopeo, ['copy', '-q', ...from, `docker://${image}`, `oci:${bySkopeo}:v1`]);
  report('... has the same bytes', layoutProblem(bySkopeo, digest));
  const to = ['-q', `--dest-tls-verify=${isTls}`];
  const layout = `oci:${bySkopeo}:v1`;
  check('skopeo copy back', skopeo, ['copy', ...to, layout, `docker://${theirs('skopeo')}`]);
  weRead('what skopeo copied', theirs('skopeo'), pushed);
  // Docker's older types have no word for zstd.
  if (image.includes('zstd')) return;
  const v2s2 = `docker://${theirs('v2s2')}`;
  check('skopeo copy --format v2s2', skopeo, ['copy', ...to, '--format', 'v2s2', layout, v2s2]);
  weRead('what skopeo changed', theirs('v2s2'), { id: pushed.id });
}

/** podman keeps no compressed layers; what it pushes it has compressed itself. */
function withPodman({ host, authority }: Place, { image, digest, id }: Pushed): void {
  const verify = `--tls-verify=${authority !== undefined}`;
  check('podman pull', podman, ['pull', '-q', verify, image], id.slice(7));
  const format = ['image', 'inspect', '-f', '{{.Digest}}', image];
  check('... has the same manifest', podman, format, digest);
  const theirs = `${host}/podman/app:v1`;
  const file = newFolder('digest');
  const to = ['--digestfile', file, image, `docker://${theirs}`];
  check('podman push', podman, ['push', '-q', verify, ...to]);
  weRead('what podman pushed', theirs, { id, digest: readFileSync(file, 'utf8') });
  podman.call(['rmi', '-af']);
}

function withDocker(
  docker: Builder,
  store: 'classic' | 'containerd',
  { host }: Place,
  { image, digest, id }: Pushed,
): void {
  const word = `docker (${store})`;
  check(`${word} pull`, docker, ['pull', image], `Digest: ${digest}`);
  const wanted = store === 'classic' ? id : digest;
  check('... is the same image', docker, ['image', 'inspect', '-f', '{{.Id}}', image], wanted);
  const theirs = `${host}/docker-${store}/app:v1`;
  check(`${word} tag`, docker, ['tag', image, theirs]);
  const pushed = check(`${word} push`, docker, ['push', theirs], 'digest: sha256:');
  const own = /digest: (sha256:\w+)/.exec(pushed)?.[1] ?? '?';
  if (store === 'containerd') report('... keeps the digest', own === digest ? undefined : own);
  weRead(`what ${word} pushed`, theirs, { id, digest: own });
  docker.call(['rmi', '-f', image, theirs]);
}

/** Starts Docker with one of its stores for as long as `body` takes. */
function dockerWith(store: 'classic' | 'containerd', body: (docker: Builder) => void): void {
  process.env['STAVE_PEERS_STATE'] = join(work, `docker-${store}`);
  process.env['STAVE_PEERS_STORE'] = store;
  const peers = join(top, 'scripts/peers.sh');
  const started = execFileSync(peers, ['dockerd', 'start'], { encoding: 'utf8' }).trim();
  process.env['DOCKER_HOST'] = started.replace('DOCKER_HOST=', '');
  try {
    body(peer(top, work, ['docker']));
  } finally {
    execFileSync(peers, ['dockerd', 'stop']);
  }
}

/** The way of everybody to a registry: its authority. */
function enter(place: Place): void {
  console.log(`-- ${place.name}`);
  if (place.authority !== undefined) {
    const trust = join(work, '.config/containers/certs.d', place.host);
    mkdirSync(trust, { recursive: true });
    execFileSync('cp', [place.authority, join(trust, 'ca.crt')]);
    process.env['SSL_CERT_FILE'] = place.authority;
  } else {
    delete process.env['SSL_CERT_FILE'];
  }
}

function login(place: Place): void {
  if (!place.password) return;
  stave.call(['tag', 'judge/base', `${place.host}/team/early:v1`]);
  const early = stave.call(['push', '-q', `${place.host}/team/early:v1`]);
  report('no push without a login', early.code === 0 ? 'it was pushed' : undefined);
  const args = ['login', '-u', 'alice', '-p', 's3cret', place.host];
  check('stave login', stave, args, 'Login Succeeded');
}

function leave(place: Place, { image, digest }: Pushed): void {
  check('stave tags', stave, ['tags', image], 'v1');
  const copied = `docker://${place.host}/other/app:v2`;
  check('stave copy', stave, ['copy', '-q', `docker://${image}`, copied], digest);
  if (place.password) check('stave logout', stave, ['logout', place.host]);
}

/** Starts all registries; they end with `open`. */
async function start(open: DisposableStack, certificate: Certificate): Promise<Place[]> {
  const { authority } = certificate;
  const places: Place[] = [];
  for (const [name, startOne] of [
    ['the reference registry', startReference],
    ['the registry of stave', startOwn],
  ] as const) {
    for (const [how, tls, password] of [
      ['', undefined, undefined],
      [' with TLS', certificate, undefined],
      [' with TLS and a password', certificate, 'htpasswd'],
      [' with tokens', undefined, 'token'],
    ] as const) {
      const { host } = open.use(await startOne(top, work, { tls, password }));
      const wants = password !== undefined;
      places.push({ name: `${name}${how}`, host, authority: tls && authority, password: wants });
    }
  }
  return places;
}

using open = new DisposableStack();
try {
  const busybox = ['/bin/busybox', '/usr/bin/busybox'].find((path) => existsSync(path));
  if (busybox === undefined) throw new Error('no busybox: run npm run setup');
  stave.call(['import', makeBaseTar(work, busybox), 'judge/base']);
  const places = await start(open, makeCertificate(work));
  const pushed = new Map<Place, Pushed[]>();
  for (const place of places) {
    enter(place);
    login(place);
    const images = ['gzip', 'zstd'].map((packing) => push(place, packing));
    pushed.set(place, images);
    for (const image of images) {
      copiers(place, image);
      withPodman(place, image);
    }
  }
  for (const store of ['classic', 'containerd'] as const) {
    dockerWith(store, (docker) => {
      for (const place of places) {
        enter(place);
        for (const image of pushed.get(place) ?? []) withDocker(docker, store, place, image);
      }
    });
  }
  for (const place of places) {
    enter(place);
    leave(place, pushed.get(place)![0]!);
  }
} finally {
  open.dispose();
  rmSync(work, { recursive: true, force: true });
}
console.log(failures === 0 ? `all ${checks} are well` : `${failures} of ${checks} went wrong`);
process.exitCode = failures === 0 ? 0 : 1;
