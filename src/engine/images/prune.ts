import { chainOn, type ChainId } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';
import type { ImageFilter, RemovalEvent } from '../engine.ts';
import { ImageConflictError } from '../errors.ts';
import { byAge } from './age.ts';
import { imageTest } from './filter.ts';
import { emptyRemoval, goneLayers, type Removal, removeIn } from './remove.ts';

/** What to prune. */
export interface PruneOptions {
  readonly filter?: ImageFilter;
  /** Also images with names. */
  readonly all?: boolean;
  /** Changes nothing and tells what would go. */
  readonly dryRun?: boolean;
}

/** What was pruned, and the bytes that are free now. */
export interface Pruned {
  readonly removed: RemovalEvent[];
  readonly bytes: number;
}

/**
 * Removes the images without a name, or all of them, that no container uses and no other
 * image was made from. `bytes` is what the disk got back: layers that the build cache knows
 * are not counted, for they stay.
 *
 * Throws ImageNotFoundError for an unknown image in the filter.
 */
export async function pruneImages(store: Store, options: PruneOptions = {}): Promise<Pruned> {
  if (options.dryRun === true) return rehearsal(store, options);
  const removal: Removal = emptyRemoval(store);
  store.write((tables) => pruneIn(tables, options, removal));
  if (removal.events.length === 0) return { removed: [], bytes: 0 };
  const { bytes } = await store.collect();
  const gone = goneLayers(store, removal.chains).map((chain) => ({ deleted: chain }));
  return { removed: [...removal.events, ...gone], bytes };
}

function pruneIn(tables: Tables, options: PruneOptions, removal: Removal): void {
  const { dangling, ...filter } = options.filter ?? {};
  const all = options.all === true || dangling === false;
  const test = imageTest(tables, filter);
  const platforms = tables.indexes.named();
  for (const image of tables.images.list().sort(byAge)) {
    const names = tables.images.names(image.id).map((row) => row.name);
    const isTagged = names.some((name) => !name.includes('@'));
    if ((isTagged && !all) || isKept(tables, image, names) || !test(image, names)) continue;
    // It goes with its index, or stays with it.
    if (names.length === 0 && platforms.has(image.id)) continue;
    const targets = names.length > 0 ? names : [image.id];
    for (const target of targets) removeUnlessKept(tables, target, removal);
  }
}

/** In use by a container; or gone already, as the parent of another; or nameless below another. */
function isKept(tables: Tables, image: ImageRow, names: readonly string[]): boolean {
  if (!tables.images.get(image.id)) return true;
  if (tables.containers.list().some((row) => row.image === image.id)) return true;
  return names.length === 0 && tables.images.children(image.id).length > 0;
}

function removeUnlessKept(tables: Tables, target: string, removal: Removal): void {
  try {
    removeIn(tables, target, {}, removal);
  } catch (error) {
    if (!(error instanceof ImageConflictError)) throw error;
  }
}

/** Carries the transaction's result out while the transaction is undone. */
class Undo extends Error {}

function rehearsal(store: Store, options: PruneOptions): Pruned {
  const removal: Removal = emptyRemoval(store);
  let bytes = 0;
  try {
    store.write((tables) => {
      const before = layerSizes(tables);
      pruneIn(tables, options, removal);
      const after = layerSizes(tables);
      for (const [diffId, size] of before) if (!after.has(diffId)) bytes += size;
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  return { removed: removal.events, bytes };
}

/** Content sizes of the layers that images, containers and the build cache reach. */
function layerSizes(tables: Tables): Map<string, number> {
  const chains = [
    ...tables.images.list().map((row) => row.chain),
    ...tables.containers.list().map((row) => row.chain),
    ...tables.cache.list().map((row) => row.chain),
  ];
  const sizes = new Map<string, number>();
  const seen = new Set<ChainId>();
  for (const top of chains) {
    if (top === undefined || seen.has(top)) continue;
    let chain: ChainId | undefined;
    for (const layer of tables.layers.stack(top) ?? []) {
      seen.add((chain = chainOn(chain, layer.diffId)));
      sizes.set(layer.diffId, layer.contentSize);
    }
  }
  return sizes;
}
