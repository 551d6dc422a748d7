import type { Descriptor } from '../../oci/descriptor.ts';
import type { Store } from '../../store/store.ts';
import type { Inventory } from '../archive-types.ts';

/**
 * What the store has of layers. A layer counts only where the store can give its bytes again:
 * an image that is loaded without them must not be worse than one that was loaded whole.
 */
export function inventoryOf(store: Store): Inventory {
  // Layers that a power loss may have hurt are forgotten by whoever takes a lease first.
  using _lease = store.lease('inventory');
  return store.read((tables) => {
    const rows = tables.layers.list();
    const blobs = new Set<string>();
    const layers: string[] = [];
    for (const { diffId, writer } of rows) {
      const kept = tables.blobs.layerBlobs(diffId).filter(({ digest }) => tables.blobs.has(digest));
      for (const { digest } of kept) blobs.add(digest);
      if (writer > 0 || kept.length > 0) layers.push(diffId);
    }
    const chains = tables.images.list().flatMap(({ chain }) => chain ?? []);
    return { blobs: [...blobs].sort(), layers: layers.sort(), chains: [...new Set(chains)].sort() };
  });
}

/** Tells which layers a store with that inventory has, by the digests that manifests name them by. */
export function hasLayers(inventory: Inventory): (layer: Descriptor) => boolean {
  const known = new Set([...inventory.blobs, ...inventory.layers]);
  return ({ digest }) => known.has(digest);
}
