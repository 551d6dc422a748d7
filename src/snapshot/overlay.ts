import { renameSync, statSync } from 'node:fs';
import { DiskFullError, isErrno } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import { FileTableWriter, readFileTable } from '../layer/file-table-io.ts';
import { LayerStream, type LayerWatch } from '../layer/layer-stream.ts';
import { TAR_WRITER_VERSION } from '../layer/tar-writer.ts';
import { chainOn, type DiffId } from '../oci/digest.ts';
import type { Store } from '../store/store.ts';
import { bootId } from '../sys/boot.ts';
import { syncFileSystem } from '../sys/sync.ts';
import { applyTar } from './apply-tar.ts';
import { isOpaque } from './attributes.ts';
import { Draft, ownDraft } from './drafts.ts';
import { LayerMissingError } from './errors.ts';
import { pourTar, tarOf } from './layer-tar.ts';
import type { LayerSource, SealedLayer, SealOptions, Snapshotter } from './snapshotter.ts';
import { verifyLayer } from './verify-layer.ts';
import { stackView } from './view.ts';
import { writeTree } from './write-tree.ts';

/** Who knows how the bytes of a layer's tar came to be: see `LayerRow.writer`. */
const FROM_OUTSIDE = 0;

/**
 * Layers as directories for overlayfs. Making them needs root, for the devices and attributes
 * in which overlayfs keeps deletions; reading stacks needs nothing.
 */
export function overlaySnapshotter(store: Store): Snapshotter {
  const { paths } = store;
  const onDisk = (layer: DiffId): string => {
    const fs = paths.layerFs(layer);
    if (!statSync(fs, { throwIfNoEntry: false })) throw new LayerMissingError(layer);
    return fs;
  };
  return {
    draft: (lease) => whileFull(paths.root, () => new Draft(lease)),

    async seal(draft, options = {}) {
      const own = ownDraft(draft);
      return whileWriting(paths.root, async () => {
        const layer = await sealTree(own, options);
        return publish(store, own, layer, TAR_WRITER_VERSION);
      });
    },

    sealHashed(draft, layer, tableFile) {
      const own = ownDraft(draft);
      return whileFull(paths.root, () => {
        if (tableFile !== own.files) renameSync(tableFile, own.files);
        return publish(store, own, layer, TAR_WRITER_VERSION);
      });
    },

    async apply(draft, tar, options = {}) {
      const own = ownDraft(draft);
      own.ours = true;
      return whileWriting(paths.root, async () => {
        const below = (layer: DiffId) => ({ diffId: layer, fs: onDisk(layer) });
        const layer = await applyTar(own, tar, options, below);
        if (options.rewrite !== true) return publish(store, own, layer, FROM_OUTSIDE);
        return publish(store, own, await sealTree(own, options), TAR_WRITER_VERSION);
      });
    },

    name(layer, parent, origin) {
      const chain = chainOn(parent, layer);
      store.note(({ layers }) => {
        if (!layers.get(layer)) throw new LayerMissingError(layer);
        layers.putChain(chain, parent, layer);
        if (origin) layers.putOrigin({ chain, diffId: layer, ...originColumns(origin) });
      });
      return chain;
    },

    sync(layers) {
      const unsynced = store.read((tables) =>
        layers.filter((layer) => tables.layers.get(layer)?.synced === false),
      );
      if (unsynced.length === 0) return;
      whileFull(paths.root, () => syncFileSystem(paths.layers));
      store.write((tables) => tables.layers.markSynced(unsynced));
    },

    stack: (chain) =>
      store.read((tables) => tables.layers.stack(chain)?.map(({ diffId }) => diffId)),

    view: (layers) => stackView(layers.map((diffId) => ({ diffId, fs: onDisk(diffId) }))),

    directories(layers) {
      // overlayfs takes no directory twice. Of the same layer the upper one decides all.
      const once = layers.filter((layer, index) => layers.lastIndexOf(layer) === index);
      const all = once.map(onDisk);
      // overlayfs does not look whether the root of a layer hides what is below.
      const bottom = all.findLastIndex((fs) => isOpaque(Buffer.from(fs)));
      return all.slice(Math.max(bottom, 0));
    },

    tar: (layer, options = {}) => tarOf(store, layer, options),

    pourTar: (layer, sink, options = {}) => pourTar(store, layer, sink, options),

    files(layer) {
      onDisk(layer);
      return readFileTable(paths.layerFiles(layer));
    },

    walk: (layer, watch, options = {}) => walkTree(onDisk(layer), watch, options),

    verify: (layer, options = {}) => verifyLayer(store, layer, options),
  };
}

async function sealTree(draft: Draft, { watch, ...call }: SealOptions): Promise<SealedLayer> {
  using table = new FileTableWriter(draft.files);
  const stream = new LayerStream({ table, watch });
  await walkTree(draft.fs, stream, call);
  const layer = stream.finish();
  table.close();
  return layer;
}

async function walkTree(fs: string, watch: LayerWatch, { signal }: CallOptions): Promise<void> {
  const pause = breather();
  for (const _ of writeTree(fs, watch)) {
    signal?.throwIfAborted();
    const rest = pause();
    if (rest) await rest;
  }
}

/**
 * Gives a finished draft its final name and its row. A layer that is there already stays: it
 * was whole before it got its name, and the store drops such as a power loss may have hurt
 * before it gives out the first lease.
 */
function publish(store: Store, draft: Draft, layer: SealedLayer, writer: number): SealedLayer {
  const { paths, clock } = store;
  draft.lease.hold('layer', layer.diffId);
  try {
    renameSync(draft.layer, paths.layer(layer.diffId));
  } catch (error) {
    if (!isErrno(error, 'ENOTEMPTY', 'EEXIST')) throw error;
  }
  store.note(({ layers }) => {
    layers.put({
      ...layer,
      writer,
      synced: false,
      bootId: bootId(),
      createdAt: clock.now().getTime(),
    });
  });
  return layer;
}

function originColumns({ instruction, file, lines }: LayerSource): {
  readonly instruction: string;
  readonly file?: string;
  readonly firstLine?: number;
  readonly lastLine?: number;
} {
  return {
    instruction,
    ...(file !== undefined && { file }),
    ...(lines && { firstLine: lines[0], lastLine: lines[1] }),
  };
}

/** Gives a full disk its name. */
function whileFull<T>(path: string, body: () => T): T {
  try {
    return body();
  } catch (error) {
    throw translated(path, error);
  }
}

async function whileWriting<T>(path: string, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    throw translated(path, error);
  }
}

function translated(path: string, error: unknown): unknown {
  return isErrno(error, 'ENOSPC', 'EDQUOT') ? new DiskFullError(path, error) : error;
}
