import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { decompressed } from '../layer/compression.ts';
import { type DiffId, finish } from '../oci/digest.ts';
import type { Store } from '../store/store.ts';
import { externalDecompressor } from '../sys/helper.ts';
import { LayerDamagedError, LayerMissingError } from './errors.ts';
import { treeTar } from './tree-tar.ts';

/**
 * The tar of a layer: out of a blob that is kept of it, an uncompressed one first, or else
 * written again. Throws LayerMissingError, and LayerDamagedError at the end when it was not
 * the tar that the layer is named after.
 */
export async function* tarOf(
  store: Store,
  layer: DiffId,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const blobs = store.read((tables) =>
    tables.blobs.layerBlobs(layer).filter(({ digest }) => tables.blobs.has(digest)),
  );
  const blob = blobs.find(({ mediaType }) => mediaType.endsWith('tar')) ?? blobs[0];
  if (blob) {
    const packed = await store.blobs.open(blob.digest, options);
    const plain = await decompressed(packed, { external: externalDecompressor });
    yield* checked(layer, plain.bytes);
    return;
  }
  const fs = store.paths.layerFs(layer);
  if (!statSync(fs, { throwIfNoEntry: false })) throw new LayerMissingError(layer);
  yield* layerTar(layer, fs, options);
}

async function* checked(layer: DiffId, bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  const actual = finish(hash);
  if (actual !== (layer as string)) throw new LayerDamagedError(layer, `its blob holds ${actual}`);
}

/**
 * Writes the tar of a layer's directory once more. Throws
 * LayerDamagedError at its end when it was not the tar that the layer is named after.
 */
async function* layerTar(
  layer: DiffId,
  fs: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  const diffId = yield* treeTar(fs, options);
  if (diffId !== layer) throw new LayerDamagedError(layer, `its files now make ${diffId}`);
}
