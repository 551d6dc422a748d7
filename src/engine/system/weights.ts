import { chainOn, type ChainId, type Digest, type DiffId } from '../../oci/digest.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';

/** What the layers and blobs of a store weigh, and who stands on what. */
export interface Weights {
  /** Bytes of a layer: the content of its files, and the blobs that are kept of it. */
  layer(diffId: DiffId): number;
  /** Bytes of a blob; 0 when it is not here. */
  blob(digest: Digest): number;
  /** Layers of a stack, bottom first; none when it is not whole. */
  stack(chain: ChainId | undefined): readonly DiffId[];
  /** Bytes of an image's documents. */
  documents(image: ImageRow): number;
  /** How many images have a layer. */
  readonly images: ReadonlyMap<DiffId, number>;
  /** Layers that images or containers stand on. */
  readonly needed: ReadonlySet<DiffId>;
  /** Stacks that lie under images or containers. */
  readonly neededStacks: ReadonlySet<ChainId>;
}

/** Weighs everything once, from the database alone. */
export function weigh(tables: Tables): Weights {
  const blobs = new Map(tables.blobs.list().map(({ digest, size }) => [digest, size]));
  const sizes = new Map<DiffId, number>();
  for (const { diffId, contentSize } of tables.layers.list()) {
    const kept = tables.blobs.layerBlobs(diffId);
    sizes.set(
      diffId,
      kept.reduce((sum, { digest }) => sum + (blobs.get(digest) ?? 0), contentSize),
    );
  }
  const stacks = new Map<ChainId, readonly DiffId[]>();
  const stack = (chain: ChainId | undefined): readonly DiffId[] => {
    if (chain === undefined) return [];
    let found = stacks.get(chain);
    if (!found) {
      found = tables.layers.stack(chain)?.map(({ diffId }) => diffId) ?? [];
      stacks.set(chain, found);
    }
    return found;
  };
  const images = new Map<DiffId, number>();
  const needed = new Set<DiffId>();
  const neededStacks = new Set<ChainId>();
  const need = (chain: ChainId | undefined): void => {
    let below: ChainId | undefined;
    for (const diffId of stack(chain)) {
      needed.add(diffId);
      neededStacks.add((below = chainOn(below, diffId)));
    }
  };
  for (const { chain } of tables.images.list()) {
    need(chain);
    for (const diffId of new Set(stack(chain))) images.set(diffId, (images.get(diffId) ?? 0) + 1);
  }
  for (const { chain } of tables.containers.list()) need(chain);
  const blob = (digest: Digest): number => blobs.get(digest) ?? 0;
  return {
    layer: (diffId) => sizes.get(diffId) ?? 0,
    blob,
    stack,
    documents: ({ id, manifest }) => blob(id) + blob(manifest.digest),
    images,
    needed,
    neededStacks,
  };
}
