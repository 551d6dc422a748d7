import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { decompressed } from '../layer/compression.ts';
import { LayerStream } from '../layer/layer-stream.ts';
import { type DiffId, finish } from '../oci/digest.ts';
import type { Store } from '../store/store.ts';
import { externalDecompressor } from '../sys/helper.ts';
import { LayerDamagedError, LayerMissingError } from './errors.ts';
import { writeTree } from './write-tree.ts';

const CHUNK = 512 * 1024;

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
 * Writes the tar of a layer's directory once more, in chunks of half a MiB. Throws
 * LayerDamagedError at its end when it was not the tar that the layer is named after.
 */
async function* layerTar(
  layer: DiffId,
  fs: string,
  options: CallOptions,
): AsyncGenerator<Uint8Array, void> {
  let pieces: Uint8Array[] = [];
  let size = 0;
  const stream = new LayerStream({
    output: (chunk) => {
      // Content is in a buffer that the walk uses again.
      pieces.push(Buffer.from(chunk));
      size += chunk.length;
    },
  });
  const take = (): Buffer => {
    const all = Buffer.concat(pieces, size);
    pieces = [];
    size = 0;
    return all;
  };
  for (const _ of writeTree(fs, stream)) {
    options.signal?.throwIfAborted();
    if (size >= CHUNK) yield take();
  }
  const { diffId } = stream.finish();
  if (size > 0) yield take();
  if (diffId !== layer) throw new LayerDamagedError(layer, `its files now make ${diffId}`);
}
