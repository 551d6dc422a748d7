import { join } from 'node:path';
import { readFileTable, FileTableWriter } from '../../layer/file-table-io.ts';
import { LayerStream } from '../../layer/layer-stream.ts';
import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import { stackView } from '../../snapshot/view.ts';
import { writeTree } from '../../snapshot/write-tree.ts';
import type { Store } from '../../store/store.ts';
import { ImageNotFoundError } from '../errors.ts';
import type { Compared } from '../understand-types.ts';
import type { UnderstandParts } from './explain.ts';
import { FileTree } from '../../layer/file-tree.ts';
import { type ImageWithSteps, requireLayers, stepsOf, wholeImage } from './steps.ts';

/** An image, or a container on top of one. */
export interface Operand {
  readonly shown: Compared;
  readonly image: ImageWithSteps;
  /** The directory with a container's changes. */
  readonly upper?: string;
}

/**
 * What a name stands for: an image, else a container. Throws ImageNotFoundError,
 * AmbiguousImageError, PlatformNotFoundError.
 */
export function operandOf(store: Store, name: string, platform?: Platform): Operand {
  try {
    const image = wholeImage(store, name, platform);
    const { id, size } = image.image;
    return { shown: { kind: 'image', name, id, size }, image };
  } catch (error) {
    const container = error instanceof ImageNotFoundError && containerOf(store, name);
    if (!container) throw error;
    requireLayers(store, container.image);
    return container;
  }
}

function containerOf(store: Store, name: string): Operand | undefined {
  return store.read((tables) => {
    const row = tables.containers.find(name);
    const found = row && tables.images.get(row.image);
    if (!row || !found) return undefined;
    const image = stepsOf(store, tables, found);
    return {
      shown: { kind: 'container', name, id: row.id, size: found.size },
      image,
      upper: join(store.paths.containers, row.id, 'upper'),
    };
  });
}

/** All files of an operand. */
export async function treeOf(
  { store, snapshotter }: UnderstandParts,
  { image, upper }: Operand,
  { signal }: CallOptions,
): Promise<FileTree> {
  const tree = new FileTree();
  const pause = breather();
  for (const { diffId } of image.layers) {
    signal?.throwIfAborted();
    tree.add(snapshotter.files(diffId));
    await pause();
  }
  if (upper === undefined) return tree;
  using lease = store.lease('diff');
  const file = join(lease.directory, 'files');
  using table = new FileTableWriter(file);
  for (const _ of writeTree(upper, new LayerStream({ table }))) {
    signal?.throwIfAborted();
    await pause();
  }
  table.close();
  tree.add(readFileTable(file));
  return tree;
}

/** The files of an operand, to read them. */
export function viewOf({ store }: UnderstandParts, { image, upper }: Operand): StackView {
  const layers = image.layers.map(({ diffId }) => ({ diffId, fs: store.paths.layerFs(diffId) }));
  const own = upper === undefined ? [] : [{ diffId: '' as DiffId, fs: upper }];
  return stackView([...layers, ...own]);
}
