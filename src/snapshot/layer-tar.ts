import { createHash } from 'node:crypto';
import { statSync } from 'node:fs';
import type { Bytes, ByteSink } from '../base/bytes.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { decompressed } from '../layer/compression.ts';
import { LayerStream } from '../layer/layer-stream.ts';
import { TAR_WRITER_VERSION } from '../layer/tar-writer.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type DiffId, finish } from '../oci/digest.ts';
import type { Store } from '../store/store.ts';
import { externalDecompressor } from '../sys/helper.ts';
import { LayerDamagedError, LayerMissingError } from './errors.ts';
import { type TarOptions, treeTar } from './tree-tar.ts';
import { writeTree } from './write-tree.ts';

/**
 * The tar of a layer: out of an uncompressed blob that is kept of it, or written again where
 * our own writer made it, or else out of a compressed blob. Throws LayerMissingError, and
 * LayerDamagedError at the end when it was not the tar that the layer is named after.
 */
export async function* tarOf(
  store: Store,
  layer: DiffId,
  options: TarOptions,
): AsyncGenerator<Uint8Array, void> {
  const blob = keptBlob(store, layer);
  if (blob) {
    yield* checked(layer, await unpacked(store, blob, options));
    return;
  }
  const made = yield* treeTar(directoryOf(store, layer), options);
  checkFiles(layer, made);
}

/**
 * {@link tarOf} for who takes the bytes as they come: pieces are not kept, so nothing is
 * copied.
 */
export async function pourTar(
  store: Store,
  layer: DiffId,
  sink: ByteSink,
  options: CallOptions,
): Promise<void> {
  const blob = keptBlob(store, layer);
  if (blob && isPlain(blob)) {
    const hash = createHash('sha256');
    const hashed: ByteSink = (chunk) => {
      hash.update(chunk);
      sink(chunk);
    };
    await store.blobs.pour(blob.digest, hashed, options);
    checkBlob(layer, finish(hash));
  } else if (blob) {
    for await (const chunk of checked(layer, await unpacked(store, blob, options))) sink(chunk);
  } else {
    const stream = new LayerStream({ output: sink });
    const pause = breather();
    for (const _ of writeTree(directoryOf(store, layer), stream)) {
      options.signal?.throwIfAborted();
      const rest = pause();
      if (rest) await rest;
    }
    checkFiles(layer, stream.finish().diffId);
  }
}

function keptBlob(store: Store, layer: DiffId): Descriptor | undefined {
  const { blobs, row } = store.read((tables) => ({
    blobs: tables.blobs.layerBlobs(layer).filter(({ digest }) => tables.blobs.has(digest)),
    row: tables.layers.get(layer),
  }));
  const plain = blobs.find(isPlain);
  // A layer of ours that was pushed has a compressed blob; to write it again is cheaper.
  return plain ?? (row?.writer === TAR_WRITER_VERSION ? undefined : blobs[0]);
}

function isPlain({ mediaType }: Descriptor): boolean {
  return mediaType.endsWith('tar');
}

async function unpacked(store: Store, blob: Descriptor, options: CallOptions): Promise<Bytes> {
  const packed = await store.blobs.open(blob.digest, options);
  return (await decompressed(packed, { external: externalDecompressor })).bytes;
}

function directoryOf(store: Store, layer: DiffId): string {
  const fs = store.paths.layerFs(layer);
  if (!statSync(fs, { throwIfNoEntry: false })) throw new LayerMissingError(layer);
  return fs;
}

async function* checked(layer: DiffId, bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const hash = createHash('sha256');
  for await (const chunk of bytes) {
    hash.update(chunk);
    yield chunk;
  }
  checkBlob(layer, finish(hash));
}

function checkBlob(layer: DiffId, actual: string): void {
  if (actual !== layer) throw new LayerDamagedError(layer, `its blob holds ${actual}`);
}

function checkFiles(layer: DiffId, actual: DiffId): void {
  if (actual !== layer) throw new LayerDamagedError(layer, `its files now make ${actual}`);
}
