import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../../../test/support/served-registry.ts';
import { systemClock } from '../../base/clock.ts';
import { type Digest, digestOf } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { type FileStorage, openFileStorage } from '../file-storage.ts';
import { collect } from './collect.ts';
import { fsck } from './fsck.ts';

/** `npm run soak` kills a thousand times. */
const ROUNDS = Number(process.env['STAVE_REGISTRY_ROUNDS'] ?? 20);
const CLIENTS = 4;
/** Manifests that are looked at after each round: the last ones. All are after every so many. */
const RECENT = 300;
const ALL_EACH = 50;
const CHILD = join(import.meta.dirname, '../../../test/support/kept-registry-child.ts');

/** What was acknowledged: manifests by `REPOSITORY@DIGEST` with the blob that each names. */
interface Acknowledged {
  readonly manifests: Map<string, Digest>;
  /** What a tag may mean: what was acknowledged last, and what was on its way since. */
  readonly tags: Map<string, Set<Digest | undefined>>;
  count: number;
  refused: number;
}

/** Pushes, pulls, mounts and removes until the registry is gone. */
async function work(url: string, client: number, round: number, all: Acknowledged): Promise<void> {
  const repository = `${client === 0 ? 'short' : 'team'}/app-${client}`;
  for (let n = 0; ; n += 1) {
    // Every third layer is one that others have too, or that was removed a while ago.
    const text = n % 3 === 0 ? `shared ${n % 7}` : `${client} ${round} ${n} `.repeat(1 + (n % 50));
    const digest = await pushed(url, repository, text);
    const layer = { mediaType: MediaType.ociLayer, digest, size: text.length };
    const annotations = { is: `${client} ${round} ${n}` };
    const body = JSON.stringify({ schemaVersion: 2, config: layer, layers: [layer], annotations });
    const manifest = digestOf(body);
    const [tag, key] = [`t${n % 4}`, `${repository}@${manifest}`];
    const name = `${repository}:${tag}`;
    const possible = all.tags.get(name) ?? new Set([undefined]);
    all.tags.set(name, possible.add(manifest));
    const path = `/v2/${repository}/manifests`;
    const headers = { 'content-type': MediaType.ociManifest };
    const put = await send(url, 'PUT', `${path}/${tag}`, { body, headers });
    if (put.status === 404) {
      // Without a grace the layer may be collected before the manifest comes.
      assert.equal(put.code, 'MANIFEST_BLOB_UNKNOWN');
      possible.delete(manifest);
      all.refused += 1;
      continue;
    }
    assert.equal(put.status, 201);
    if (client !== 0) all.manifests.set(key, digest);
    all.tags.set(name, new Set([manifest]));
    all.count += 1;
    if (client === 0) continue;
    const got = await send(url, 'GET', `/v2/${repository}/blobs/${digest}`);
    assert.equal(got.text, text);
    if (n % 5 !== 4) continue;
    all.manifests.delete(key);
    all.tags.get(name)?.add(undefined);
    assert.equal((await send(url, 'DELETE', `${path}/${manifest}`)).status, 202);
    all.tags.set(name, new Set([undefined]));
  }
}

/** Mounts a blob, or uploads it. */
async function pushed(url: string, repository: string, text: string): Promise<Digest> {
  const digest = digestOf(text);
  const place = `/v2/${repository}/blobs/uploads/`;
  const mounted = await send(url, 'POST', `${place}?mount=${digest}`);
  if (mounted.status === 201) return digest;
  assert.equal(mounted.status, 202);
  const upload = String(mounted.headers['location']);
  const end = await send(url, 'PUT', `${upload}?digest=${digest}`, { body: text });
  // The upload may be older than the grace, which is none.
  if (end.status === 404) return pushed(url, repository, text);
  assert.equal(end.status, 201);
  return digest;
}

async function round(root: string, number: number, all: Acknowledged): Promise<void> {
  const child = spawn(process.execPath, [CHILD, root], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [said] = (await once(child.stdout, 'data')) as [Buffer];
  const url = said.toString().trim();
  const clients = Array.from({ length: CLIENTS }, (_, n) => work(url, n, number, all));
  const ended = Promise.allSettled(clients);
  const target = all.count + 5 + ((number * 7919) % 60);
  while (all.count < target && child.exitCode === null) await pause(1);
  const gone = once(child, 'exit');
  child.kill('SIGKILL');
  await gone;
  for (const { status, reason } of (await ended) as PromiseRejectedResult[]) {
    assert.equal(status, 'rejected');
    assert.ok(!(reason instanceof assert.AssertionError), String(reason));
  }
}

function checkAcknowledged(
  root: string,
  storage: FileStorage,
  all: Acknowledged,
  count: number,
): void {
  for (const [key, layer] of [...all.manifests].slice(-count)) {
    const [repository, digest] = key.split('@') as [string, Digest];
    const body = storage.manifestBody(repository, digest);
    assert.ok(storage.manifest(repository, digest) && body, `${key} is lost`);
    assert.equal(digestOf(body), digest);
    const folder = join(root, 'repositories', repository.replaceAll('/', '+'));
    const bytes = readFileSync(join(folder, 'blobs', layer.replace(':', '/')));
    assert.equal(digestOf(bytes), layer);
  }
  for (const [name, possible] of all.tags) {
    if (name.startsWith('short/')) continue;
    const [repository = '', tag = ''] = name.split(':');
    const means = storage.manifest(repository, tag)?.digest;
    assert.ok(possible.has(means), `${name} means ${means}`);
  }
}

/** After a last collection there is nothing that no manifest names. */
async function checkGarbage(root: string): Promise<void> {
  {
    await using storage = openFileStorage(root, { now: () => new Date(Date.now() + 1000) });
    const { parts } = storage;
    for (let n = 0; n < 2; n += 1)
      await Array.fromAsync(collect(parts, { grace: 0, dryRun: false }));
    for (const { name } of parts.tables.positions()) {
      const blobs = join(parts.paths.repository(name), 'blobs/sha256');
      for (const hex of readdirSync(blobs)) {
        const digest = `sha256:${hex}` as Digest;
        const isNamed = parts.tables.manifest(name, digest) ?? parts.tables.neededBy(name, digest);
        assert.ok(isNamed, `${digest} is left in ${name}`);
      }
      const known = ['blobs', 'index.json', 'journal', 'oci-layout'];
      assert.deepEqual(readdirSync(parts.paths.repository(name)).toSorted(), known);
    }
    assert.deepEqual(readdirSync(parts.paths.uploads), []);
    assert.ok(!existsSync(parts.paths.trash));
    const pool = join(parts.paths.blobs, 'sha256');
    for (const start of readdirSync(pool)) {
      for (const hex of readdirSync(join(pool, start))) {
        assert.ok(statSync(join(pool, start, hex)).nlink > 1, `${hex} is left`);
      }
    }
  }
  assert.deepEqual(await Array.fromAsync(fsck(root, { repair: false, clock: systemClock })), []);
}

test('killed while it collects and clients push, pull and remove, a registry loses nothing and leaves nothing', async () => {
  const root = mkdtempSync(join(tmpdir(), 'stave-registry-kept-'));
  const all: Acknowledged = { manifests: new Map(), tags: new Map(), count: 0, refused: 0 };
  try {
    for (let number = 0; number < ROUNDS; number += 1) {
      await round(root, number, all);
      await using storage = openFileStorage(root, systemClock);
      const isFull = number % ALL_EACH === 0 || number === ROUNDS - 1;
      checkAcknowledged(root, storage, all, isFull ? all.manifests.size : RECENT);
    }
    assert.ok(all.manifests.size > 0 && all.manifests.size < all.count);
    await checkGarbage(root);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});
