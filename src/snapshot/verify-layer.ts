import { statSync } from 'node:fs';
import { isErrno, StaveError } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { readFileTable } from '../layer/file-table-io.ts';
import { LayerStream } from '../layer/layer-stream.ts';
import type { DiffId } from '../oci/digest.ts';
import type { Store } from '../store/store.ts';
import { compareWithTable } from './compare-with-table.ts';
import { writeTree } from './write-tree.ts';

/** Reads a layer's directory again and returns what is wrong with it, or undefined. See `Snapshotter.verify`. */
export async function verifyLayer(
  store: Store,
  layer: DiffId,
  options: CallOptions,
): Promise<string | undefined> {
  const row = store.read((tables) => tables.layers.get(layer));
  if (!row) return 'it is not in the database';
  const fs = store.paths.layerFs(layer);
  if (!statSync(fs, { throwIfNoEntry: false })) return 'its directory is missing';
  try {
    const compare = (): Promise<string | undefined> =>
      compareWithTable(fs, readFileTable(store.paths.layerFiles(layer)), options);
    if (row.writer === 0) return await compare();
    const actual = await diffIdOf(fs, options);
    if (actual === layer) return await readTable(store, layer);
    return (await compare()) ?? `its files now make ${actual}`;
  } catch (error) {
    // A damaged table, a name that no layer can have, a table that is missing.
    if (error instanceof StaveError) return error.message;
    if (isErrno(error, 'ENOENT')) return 'its file table, or one of its files, is missing';
    throw error;
  }
}

async function diffIdOf(fs: string, options: CallOptions): Promise<DiffId> {
  const stream = new LayerStream();
  const pause = breather();
  for (const _ of writeTree(fs, stream)) {
    options.signal?.throwIfAborted();
    const rest = pause();
    if (rest) await rest;
  }
  return stream.finish().diffId;
}

/** The table has no digest of its own; that it can be read to its end is what can be told. */
async function readTable(store: Store, layer: DiffId): Promise<undefined> {
  const pause = breather();
  for (const _ of readFileTable(store.paths.layerFiles(layer))) {
    const rest = pause();
    if (rest) await rest;
  }
}
