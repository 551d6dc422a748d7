import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { send } from '../../test/support/served-registry.ts';
import { systemClock } from '../base/clock.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { openFileStorage } from './file-storage.ts';

const ROUNDS = 5;
const CLIENTS = 6;
/** Pushes that are acknowledged in each round before the registry is killed. */
const PUSHES = 40;
const CHILD = join(import.meta.dirname, '../../test/support/registry-child.ts');

/** What the registry said 201 to. */
interface Acknowledged {
  readonly manifests: Map<Digest, string>;
  /** The last manifest of each tag that was acknowledged, and the one that was on its way. */
  readonly tags: Map<string, { acknowledged?: Digest; sent: Digest }>;
  count: number;
}

/** Pushes images, moves a tag, removes every fifth image, until the registry is gone. */
async function work(url: string, client: string, all: Acknowledged): Promise<void> {
  const repository = `team/app-${client.at(-1)}`;
  for (let n = 0; ; n += 1) {
    const text = `${client} ${n} `.repeat(1 + ((n * 977) % 3000));
    const digest = digestOf(text);
    const begun = await send(url, 'POST', `/v2/${repository}/blobs/uploads/`);
    const place = String(begun.headers['location']);
    const half = text.length >> 1;
    await send(url, 'PATCH', place, { body: text.slice(0, half) });
    const end = await send(url, 'PUT', `${place}?digest=${digest}`, { body: text.slice(half) });
    assert.equal(end.status, 201);
    const layer = { mediaType: MediaType.ociLayer, digest, size: text.length };
    const body = JSON.stringify({ schemaVersion: 2, config: layer, layers: [layer] });
    const manifest = digestOf(body);
    const tag = `${repository}:${client}`;
    all.tags.set(tag, { ...all.tags.get(tag), sent: manifest });
    const path = `/v2/${repository}/manifests`;
    const headers = { 'content-type': MediaType.ociManifest };
    const put = await send(url, 'PUT', `${path}/${client}`, { body, headers });
    assert.equal(put.status, 201);
    all.manifests.set(manifest, body);
    all.count += 1;
    all.tags.set(tag, { acknowledged: manifest, sent: manifest });
    if (n % 5 !== 4) continue;
    all.manifests.delete(manifest);
    all.tags.delete(tag);
    assert.equal((await send(url, 'DELETE', `${path}/${manifest}`)).status, 202);
  }
}

test('whenever the registry is killed, all that it said 201 to is complete afterwards', async () => {
  const root = mkdtempSync(join(tmpdir(), 'stave-registry-kill-'));
  const all: Acknowledged = { manifests: new Map(), tags: new Map(), count: 0 };
  try {
    for (let round = 0; round < ROUNDS; round += 1) {
      const child = spawn(process.execPath, [CHILD, root], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const url = said.toString().trim();
      const clients = Array.from({ length: CLIENTS }, (_, n) => work(url, `r${round}-${n}`, all));
      const ended = Promise.allSettled(clients);
      const target = all.count + PUSHES + round;
      while (all.count < target) await pause(1);
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
      for (const { status, reason } of (await ended) as PromiseRejectedResult[]) {
        assert.equal(status, 'rejected');
        assert.ok(!(reason instanceof assert.AssertionError), String(reason));
      }
      await checkAll(root, all);
    }
    assert.ok(all.manifests.size < all.count);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

async function checkAll(root: string, all: Acknowledged): Promise<void> {
  await using storage = openFileStorage(root, systemClock);
  const repositories = storage.repositories({ after: undefined, limit: 100 });
  const places = new Map<string, string>();
  for (const name of repositories) {
    for (const digest of all.manifests.keys()) {
      if (storage.manifest(name, digest)) places.set(digest, name);
    }
  }
  for (const [digest, body] of all.manifests) {
    const name = places.get(digest) ?? '';
    const found = storage.manifestBody(name, digest);
    assert.equal(found && Buffer.from(found).toString(), body);
    const { layers } = JSON.parse(body) as { layers: { digest: Digest; size: number }[] };
    for (const layer of layers) {
      const folder = join(root, 'repositories', name.replaceAll('/', '+'));
      const bytes = readFileSync(join(folder, 'blobs', layer.digest.replace(':', '/')));
      assert.deepEqual([digestOf(bytes), bytes.length], [layer.digest, layer.size]);
    }
  }
  for (const [name, { acknowledged, sent }] of all.tags) {
    const [repository = '', tag = ''] = name.split(':');
    const means = storage.manifest(repository, tag)?.digest;
    assert.ok(means === acknowledged || means === sent, name);
  }
  for (const name of repositories) {
    for (const tag of storage.tags(name, { after: undefined, limit: 10_000 })) {
      const { digest } = storage.manifest(name, tag) ?? {};
      assert.ok(digest !== undefined && storage.manifestBody(name, digest));
    }
    assert.ok(existsSync(join(root, 'repositories', name.replaceAll('/', '+'), 'oci-layout')));
  }
}
