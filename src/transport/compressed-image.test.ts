import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seal } from '../../test/support/scratch-layers.ts';
import { needsRoot, scratchImages, type ScratchImages } from '../../test/scratch-images.ts';
import { tarOf } from '../../test/tar-of.ts';
import { collect, once } from '../base/bytes.ts';
import { makeManifest } from '../image/make-manifest.ts';
import { decompressed } from '../layer/compression.ts';
import { digestOf, type DiffId } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { encodeConfig } from '../oci/write-json.ts';
import type { ImageRow } from '../store/tables.ts';
import { mkdirSync, utimesSync, writeFileSync } from 'node:fs';
import { compressedImage, type ImageForm } from './compressed-image.ts';
import { putImage } from './put-image.ts';

const skip = needsRoot;

/** An image of two layers of our own making, as a build leaves it. */
async function built(scratch: ScratchImages, name = 'app:1'): Promise<ImageRow> {
  const { store, snapshotter } = scratch;
  const layers = [];
  for (const text of ['one', 'two'.repeat(50_000)]) {
    layers.push(
      await seal(store, (fs) => {
        mkdirSync(`${fs}/d`);
        writeFileSync(`${fs}/d/${text.slice(0, 3)}`, text);
        // Two stores are filled in two different seconds at times.
        for (const path of [`${fs}/d/${text.slice(0, 3)}`, `${fs}/d`]) utimesSync(path, 1e9, 1e9);
      }),
    );
  }
  const diffIds = layers.map(({ diffId }) => diffId);
  const config = {
    architecture: 'amd64',
    os: 'linux',
    rootfs: { type: 'layers' as const, diff_ids: diffIds },
  };
  const bytes = encodeConfig(config);
  const made = makeManifest({ digest: digestOf(bytes), size: bytes.length }, layers);
  store.blobs.putSync(bytes);
  store.blobs.putSync(made.bytes);
  const chain = diffIds.reduce<ReturnType<typeof snapshotter.name> | undefined>(
    (below, diffId) => snapshotter.name(diffId, below),
    undefined,
  );
  snapshotter.sync(diffIds);
  return putImage(store, {
    id: digestOf(bytes),
    config,
    manifest: made.descriptor,
    chain,
    names: [`docker.io/library/${name}`],
  });
}

async function compressIn(scratch: ScratchImages, image: ImageRow, form?: ImageForm) {
  using lease = scratch.store.lease('test');
  const { manifest, source } = await compressedImage({ ...scratch, lease }, image, form);
  const body = await collect(await source.fetch(manifest));
  return { manifest, source, body, parsed: parseManifest(body, manifest.mediaType) };
}

test(
  'compressedImage() writes a manifest over gzip layers that unpack to the image',
  { skip },
  async () => {
    using scratch = scratchImages();
    const image = await built(scratch);
    const { manifest, source, parsed } = await compressIn(scratch, image);
    assert.equal((await source.root()).digest, manifest.digest);
    assert.equal(parsed.config.digest, image.id);
    assert.deepEqual(
      parsed.layers.map(({ mediaType }) => mediaType),
      [MediaType.ociLayerGzip, MediaType.ociLayerGzip],
    );
    for (const [at, layer] of parsed.layers.entries()) {
      const blob = await collect(await source.fetch(layer));
      assert.equal(blob.length, layer.size);
      assert.equal(digestOf(blob), layer.digest);
      const tar = await collect((await decompressed(once(blob))).bytes);
      assert.equal(
        digestOf(tar),
        scratch.store.read((t) => t.layers.stack(image.chain!))?.[at]?.diffId,
      );
    }
  },
);

test(
  'compressedImage() makes the same bytes in another store, and makes them once',
  { skip },
  async () => {
    using one = scratchImages();
    using two = scratchImages();
    const image = await built(one);
    const first = await compressIn(one, image);
    const other = await compressIn(two, await built(two));
    assert.deepEqual(first.body, other.body);
    await one.store.collect();
    const progress: string[] = [];
    using lease = one.store.lease('test');
    const again = await compressedImage({ ...one, lease }, image, undefined, {
      progress: (event) => progress.push(event.type),
    });
    assert.equal(again.manifest.digest, first.manifest.digest);
    assert.deepEqual(progress, []);
  },
);

test(
  'compressedImage() keeps blobs that came compressed, whatever is asked for, unless forced',
  { skip },
  async () => {
    using scratch = scratchImages();
    const image = await built(scratch);
    const { parsed } = await compressIn(scratch, image);
    const source = scratchImages();
    using _ = source;
    // The same image where its layers came from outside.
    for (const layer of parsed.layers) {
      const bytes = await collect(await scratch.store.blobs.open(layer.digest));
      using lease = source.store.lease('test');
      const { LayerIntake } = await import('./layer-intake.ts');
      await new LayerIntake(source.store, source.snapshotter, lease).take(
        once(bytes),
        layer.digest,
      );
      const diffId = source.store.read((t) => t.blobs.diffIdOf(layer.digest));
      assert.ok(diffId);
    }
    const { compressedLayers } = await import('./compressed-layers.ts');
    using lease = source.store.lease('test');
    const diffIds = parsed.layers.map((layer) =>
      source.store.read((t) => t.blobs.diffIdOf(layer.digest)),
    ) as DiffId[];
    const parts = { ...source, lease };
    const kept = await compressedLayers(parts, diffIds, { compression: 'zstd' });
    assert.deepEqual(
      kept.map(({ digest }) => digest),
      parsed.layers.map(({ digest }) => digest),
    );
    const forced = await compressedLayers(parts, diffIds, { compression: 'zstd', force: true });
    assert.ok(forced.every(({ mediaType }) => mediaType === MediaType.ociLayerZstd));
  },
);

test(
  'compressedImage() leaves a loaded image with compressed layers as it is',
  { skip },
  async () => {
    using scratch = scratchImages();
    const image = await built(scratch);
    const { manifest, body, source, parsed } = await compressIn(scratch, image);
    const members = [
      { name: 'oci-layout', data: '{"imageLayoutVersion": "1.0.0"}' },
      { name: 'index.json', data: JSON.stringify({ schemaVersion: 2, manifests: [manifest] }) },
      { name: `blobs/sha256/${manifest.digest.slice(7)}`, data: body },
    ];
    for (const node of [parsed.config, ...parsed.layers]) {
      members.push({
        name: `blobs/sha256/${node.digest.slice(7)}`,
        data: (await collect(await source.fetch(node))) as never,
      });
    }
    using other = scratchImages();
    await other.images.load(once(tarOf(members)));
    const row = other.store.read((t) => t.images.get(image.id))!;
    assert.equal(row.manifest.digest, manifest.digest);
    assert.equal((await compressIn(other, row)).manifest.digest, manifest.digest);
    const docker = await compressIn(other, row, { compression: 'gzip', family: 'docker' });
    assert.equal(docker.manifest.mediaType, MediaType.dockerManifest);
    assert.equal(docker.parsed.layers[0]?.mediaType, MediaType.dockerLayerGzip);
  },
);

test('compressedImage() with a level of its own keeps nothing', { skip }, async () => {
  using scratch = scratchImages();
  const image = await built(scratch);
  const best = await compressIn(scratch, image, { compression: 'gzip', level: 9 });
  const kept = scratch.store.read((t) =>
    t.layers.stack(image.chain!)?.flatMap(({ diffId }) => t.blobs.layerBlobs(diffId)),
  );
  assert.deepEqual(kept, []);
  assert.notEqual((await compressIn(scratch, image)).manifest.digest, best.manifest.digest);
});
