import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { DiffId } from '../oci/digest.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow } from '../store/tables.ts';
import type { Source } from './transport.ts';

/**
 * An image of the store. Kept blobs come as they are; layers of our own making, of which no
 * blob is kept, are written again as the tar that their digest names.
 */
export function storeSource(
  store: Store,
  snapshotter: Snapshotter,
  image: ImageRow,
  label: string,
): Source {
  return {
    label,
    root: () => Promise.resolve(image.manifest),
    async fetch(node: Descriptor, options?: CallOptions): Promise<Bytes> {
      if (await store.blobs.stat(node.digest)) return store.blobs.open(node.digest, options);
      const diffId = node.digest as string as DiffId;
      const isOurs = store.read((tables) => (tables.layers.get(diffId)?.writer ?? 0) > 0);
      // Without either, opening says best what is missing.
      return isOurs ? snapshotter.tar(diffId, options) : store.blobs.open(node.digest, options);
    },
  };
}
