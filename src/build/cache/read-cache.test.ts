import assert from 'node:assert/strict';
import { test } from 'node:test';
import { once } from '../../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../../base/errors.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type DiffId } from '../../oci/digest.ts';
import { MediaType } from '../../oci/media-types.ts';
import {
  cacheMember,
  CacheMedia,
  encodeCache,
  INLINE_KEY,
  type CacheDocument,
} from './document.ts';
import { readCache } from './read-cache.ts';
import type { CacheSource } from './remote.ts';

const PLATFORM = { os: 'linux', architecture: 'amd64' };
const LAYER = digestOf('layer') as string as DiffId;
const BLOB = { mediaType: MediaType.ociLayerGzip, digest: digestOf('blob'), size: 4 };
const CACHE: CacheDocument = {
  layers: [{ diffId: LAYER, blob: BLOB }],
  chains: [{ layer: 0 }],
  records: [{ key: digestOf('k'), place: 'p', ingredients: [], chain: 0, createdAt: 1, took: 1 }],
  mounts: [],
};

/** Documents by digest; the last one is the root. */
class Memory implements CacheSource {
  readonly label = 'memory';
  readonly #all = new Map<string, Buffer>();
  #root: Descriptor | undefined;

  add(mediaType: string, body: unknown, descriptor: Partial<Descriptor> = {}): Descriptor {
    const data = Buffer.isBuffer(body) ? body : Buffer.from(JSON.stringify(body));
    const node = { mediaType, digest: digestOf(data), size: data.length, ...descriptor };
    this.#all.set(node.digest, data);
    this.#root = node;
    return node;
  }

  root(): Promise<Descriptor> {
    return Promise.resolve(this.#root!);
  }

  fetch(node: Descriptor): Promise<AsyncIterable<Uint8Array>> {
    const data = this.#all.get(node.digest);
    if (!data) throw new InvalidInputError(`no ${node.digest}`);
    return Promise.resolve(once(data));
  }
}

const manifest = (config: Descriptor, layers: readonly Descriptor[] = [BLOB]) => ({
  schemaVersion: 2,
  mediaType: MediaType.ociManifest,
  config,
  layers,
});

test('readCache() reads a cache from a manifest and from an index', async () => {
  const source = new Memory();
  const config = source.add(CacheMedia.document, encodeCache(CACHE));
  source.add(MediaType.ociManifest, manifest(config));
  assert.deepEqual(await readCache(source, PLATFORM, {}), CACHE);
  source.add(MediaType.ociIndex, { schemaVersion: 2, manifests: [BLOB, config] });
  assert.deepEqual(await readCache(source, PLATFORM, {}), CACHE);
});

test('readCache() finds the cache in an image of an index, and its blobs in the manifest', async () => {
  const source = new Memory();
  const inline = cacheMember({ ...CACHE, layers: [{ diffId: LAYER }] });
  const config = source.add(MediaType.ociConfig, {
    os: 'linux',
    architecture: 'amd64',
    rootfs: { type: 'layers', diff_ids: [LAYER] },
    [INLINE_KEY]: inline,
  });
  const image = source.add(MediaType.ociManifest, manifest(config), { platform: PLATFORM });
  const arm = { ...image, digest: digestOf('arm'), platform: { ...PLATFORM, architecture: 'arm' } };
  source.add(MediaType.ociIndex, { schemaVersion: 2, manifests: [arm, image] });
  assert.deepEqual(await readCache(source, PLATFORM, {}), CACHE);
});

test('readCache() tells caches of BuildKit and images without one', async () => {
  const source = new Memory();
  const config = source.add('application/vnd.buildkit.cacheconfig.v0', { layers: [] });
  source.add(MediaType.ociManifest, manifest(config));
  await assert.rejects(readCache(source, PLATFORM, {}), /written by BuildKit/);

  const image = { os: 'linux', architecture: 'amd64', rootfs: { type: 'layers', diff_ids: [] } };
  const plain = source.add(MediaType.ociConfig, image);
  source.add(MediaType.ociManifest, manifest(plain, []));
  await assert.rejects(readCache(source, PLATFORM, {}), /carries no cache/);

  const theirs = source.add(MediaType.ociConfig, { ...image, 'moby.buildkit.cache.v0': 'e30=' });
  source.add(MediaType.ociManifest, manifest(theirs, []));
  await assert.rejects(readCache(source, PLATFORM, {}), /cache of BuildKit/);
});

test('readCache() takes no document that is not what its descriptor says', async () => {
  const source = new Memory();
  const config = source.add(CacheMedia.document, encodeCache(CACHE));
  const other = Buffer.from(encodeCache(CACHE).toString().replace('"took":1', '"took":9'));
  source.add(CacheMedia.document, other, { digest: config.digest });
  source.add(MediaType.ociManifest, manifest(config));
  await assert.rejects(readCache(source, PLATFORM, {}), DigestMismatchError);
});

test('readCache() ends at indexes of indexes', async () => {
  const source = new Memory();
  let node = source.add(MediaType.ociIndex, { schemaVersion: 2, manifests: [] });
  for (let depth = 0; depth < 5; depth += 1) {
    const child = { ...node, mediaType: MediaType.ociManifest, platform: PLATFORM };
    node = source.add(MediaType.ociIndex, { schemaVersion: 2, manifests: [child] });
  }
  await assert.rejects(readCache(source, PLATFORM, {}), /nested too deep/);
});
