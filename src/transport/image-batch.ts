import { chainOn, type ChainId, type DiffId, type Digest } from '../oci/digest.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { LayerBlobRow } from '../store/tables.ts';
import { type NewImage, type NewIndex, putImage, putIndex } from './put-image.ts';

/**
 * Images that become visible together. Their documents and small layers wait in memory until
 * then: a thousand images cost one sync and a handful of transactions, not a thousand.
 */
export class ImageBatch {
  readonly #documents = new Map<Digest, Uint8Array>();
  readonly #layers: LayerBlobRow[] = [];
  readonly #stacks: (readonly DiffId[])[] = [];
  readonly #waiting: ((store: Store) => void)[] = [];

  /** A document or a small layer that waits. */
  read(digest: Digest): Uint8Array | undefined {
    return this.#documents.get(digest);
  }

  put(digest: Digest, data: Uint8Array): void {
    this.#documents.set(digest, data);
  }

  putLayerBlob(row: LayerBlobRow): void {
    this.#layers.push(row);
  }

  /** Layers on top of each other, which are sealed and get their name with the rest. */
  putStack(layers: readonly DiffId[]): ChainId | undefined {
    this.#stacks.push(layers);
    return layers.reduce<ChainId | undefined>(chainOn, undefined);
  }

  addImage(image: NewImage): void {
    this.#waiting.push((store) => void putImage(store, image));
  }

  addIndex(index: NewIndex): void {
    this.#waiting.push((store) => void putIndex(store, index));
  }

  /** Writes what waits, makes it durable, and then visible, all or nothing. */
  commit(store: Store, snapshotter: Snapshotter): void {
    store.blobs.putAllSync([...this.#documents.values()]);
    store.note((tables) => {
      for (const row of this.#layers) tables.blobs.putLayerBlob(row);
      const named = new Set<ChainId>();
      for (const stack of this.#stacks) {
        let below: ChainId | undefined;
        for (const layer of stack) {
          const chain = chainOn(below, layer);
          if (!named.has(chain)) snapshotter.name(layer, below);
          named.add(chain);
          below = chain;
        }
      }
    });
    snapshotter.sync([...new Set(this.#stacks.flat())]);
    store.write(() => {
      for (const put of this.#waiting) put(store);
    });
  }
}
