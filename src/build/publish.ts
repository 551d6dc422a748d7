import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { makeManifest } from '../image/make-manifest.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { encodeConfig } from '../oci/write-json.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Lease, Store } from '../store/store.ts';
import { isNewUse } from '../store/record-event.ts';
import type { ImageSteps, LayerRow } from '../store/tables.ts';
import { putImage } from '../transport/put-image.ts';
import { BuildError } from './errors.ts';
import type { Solved } from './solver-parts.ts';

/** A finished build, before anybody can see it. */
export interface Result {
  readonly config: ImageConfig;
  readonly result: Solved;
  /** Canonical names. */
  readonly names: readonly string[];
  readonly base: { readonly name: string; readonly digest: string } | undefined;
  /** Times were clamped, so they say nothing of the image's age. */
  readonly clamped: boolean;
  readonly steps: ImageSteps;
}

/** What {@link publish} works with. */
export interface PublishParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly lease: () => Lease;
}

/**
 * Writes config and manifest over uncompressed layers, makes the layers durable, and puts the
 * image and its names into the store in one transaction. An image that is there already is
 * only named.
 */
export function publish(
  { config, result, names, base, clamped, steps }: Result,
  parts: PublishParts,
  call: CallOptions,
): { id: Digest; manifest: Descriptor } {
  const { store, snapshotter } = parts;
  using task = reporter(call.progress).begin('exporting to image', { kind: 'internal' });
  const layers = rowsOf(store, result);
  const configBytes = encodeConfig(config);
  const id = digestOf(configBytes);
  const made = makeManifest({ digest: id, size: configBytes.length }, layers, { base });
  const unsynced = layers.filter((row) => !row.synced).map((row) => row.diffId);
  if (unsynced.length > 0) snapshotter.sync(unsynced);
  task.note(`writing image ${id}`);
  const known = store.read(({ images }) => {
    const row = images.get(id);
    return {
      image: row?.manifest.digest === made.descriptor.digest,
      names: names.every((name) => images.named(name)?.image === id),
      // The same image may come from other lines than before.
      steps: JSON.stringify(images.steps(id)) === JSON.stringify(steps),
      usedAt: row?.usedAt,
    };
  });
  if (!known.image) {
    // Held before they are there: a collector at work elsewhere must not take them.
    const lease = parts.lease();
    if (result.chain !== undefined) lease.hold('chain', result.chain);
    for (const digest of [id, made.descriptor.digest]) lease.hold('blob', digest);
    store.blobs.putSync(configBytes);
    store.blobs.putSync(made.bytes);
  }
  if (!known.image || !known.names) {
    putImage(store, {
      id,
      config,
      manifest: made.descriptor,
      chain: result.chain,
      names,
      clamped,
      blobs: foreignBlobs(store, layers),
      steps,
    });
  } else {
    const now = store.clock.now().getTime();
    if (!known.steps || isNewUse(known.usedAt, now)) {
      store.note(({ images }) => {
        images.putSteps(id, steps);
        images.use(id, now);
      });
    }
  }
  for (const name of names) task.note(`naming to ${name}`);
  task.outcome = 'done';
  return { id, manifest: made.descriptor };
}

/** Layers that came from outside can only be written again from the blobs they came in. */
export function foreignBlobs(store: Store, layers: readonly LayerRow[]): Digest[] {
  return store.read(({ blobs }) =>
    layers
      .filter((row) => row.writer === 0)
      .flatMap((row) => blobs.layerBlobs(row.diffId).map(({ digest }) => digest)),
  );
}

/** The layers of a result. Throws BuildError when they were removed meanwhile. */
export function rowsOf(store: Store, { chain }: Solved): LayerRow[] {
  if (chain === undefined) return [];
  const rows = store.read(({ layers }) => layers.stack(chain));
  if (!rows) throw new BuildError('the layers of the new image were removed while it was built');
  return rows;
}
