import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { encodeConfig, encodeManifest } from '../oci/write-json.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Lease, Store } from '../store/store.ts';
import type { LayerRow } from '../store/tables.ts';
import { BuildError } from './errors.ts';
import { baseAnnotations } from './image.ts';
import type { Solved } from './solve.ts';

/** A finished build, before anybody can see it. */
export interface Result {
  readonly config: ImageConfig;
  readonly result: Solved;
  /** Canonical names. */
  readonly names: readonly string[];
  readonly platform: Platform;
  readonly base: { readonly name: string; readonly digest: string } | undefined;
  /** Records that were used: they are marked so. */
  readonly usedKeys: readonly string[];
}

/**
 * Writes config and manifest over uncompressed layers, makes the layers durable, and puts the
 * image and its names into the store in one transaction. An image that is there already is
 * only named.
 */
export function publish(
  { config, result, names, platform, base, usedKeys }: Result,
  parts: { readonly store: Store; readonly snapshotter: Snapshotter; readonly lease: () => Lease },
  call: CallOptions,
): { id: Digest; manifest: Descriptor } {
  const { store, snapshotter } = parts;
  using task = reporter(call.progress).begin('exporting to image', { kind: 'internal' });
  const layers = rowsOf(store, result);
  const configBytes = encodeConfig(config);
  const manifestBytes = encodeManifest(manifestOver(configBytes, layers, base));
  const id = digestOf(configBytes);
  const manifest: Descriptor = {
    mediaType: MediaType.ociManifest,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
  };
  const now = store.clock.now().getTime();
  const unsynced = layers.filter((row) => !row.synced).map((row) => row.diffId);
  if (unsynced.length > 0) snapshotter.sync(unsynced);
  const known = store.read(({ images }) => images.get(id)?.manifest.digest === manifest.digest);
  if (!known) {
    const lease = parts.lease();
    for (const [digest, bytes] of [
      [id, configBytes],
      [manifest.digest, manifestBytes],
    ] as const) {
      lease.hold('blob', digest);
      store.blobs.putSync(bytes);
    }
  }
  task.note(`writing image ${id}`);
  const moved = names.filter(
    (name) => store.read(({ images }) => images.named(name))?.image !== id,
  );
  if (!known || moved.length > 0) {
    store.write(({ images, blobs, layers: table, cache }) => {
      if (result.chain !== undefined && !table.stack(result.chain)) {
        throw new BuildError('the layers of the new image were removed while it was built');
      }
      if (!known) {
        const created = config.created === undefined ? undefined : Date.parse(config.created);
        blobs.put(id, configBytes.length);
        blobs.put(manifest.digest, manifestBytes.length);
        images.put({
          id,
          manifest,
          platform,
          ...(result.chain !== undefined && { chain: result.chain }),
          ...(created !== undefined && { createdAt: created }),
          storedAt: now,
          size: layers.reduce((sum, row) => sum + row.contentSize, 0),
          labels: config.config?.Labels ?? {},
        });
        // Layers that came from outside can only be written again from the blob they came in.
        for (const row of layers) {
          if (row.writer !== 0) continue;
          for (const blob of blobs.layerBlobs(row.diffId)) blobs.link(id, blob.digest);
        }
      }
      for (const name of moved) images.tag(name, id, now);
      cache.touch(usedKeys, now);
    });
  }
  for (const name of names) task.note(`naming to ${name}`);
  task.outcome = 'done';
  return { id, manifest };
}

function rowsOf(store: Store, { chain }: Solved): LayerRow[] {
  if (chain === undefined) return [];
  const rows = store.read(({ layers }) => layers.stack(chain));
  if (!rows) throw new BuildError('the layers of the new image were removed while it was built');
  return rows;
}

function manifestOver(config: Buffer, layers: readonly LayerRow[], base: Result['base']): Manifest {
  const annotations = baseAnnotations(base);
  return {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: digestOf(config), size: config.length },
    layers: layers.map((row) => ({
      mediaType: MediaType.ociLayer,
      digest: row.diffId as string as Digest,
      size: row.size,
    })),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
}
