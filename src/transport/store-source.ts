import type { Bytes } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { DiffId } from '../oci/digest.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow } from '../store/tables.ts';
import type { Source } from './transport.ts';

/**
 * An image of the store. Kept blobs come as they are. A digest may also be that of a layer's
 * tar, as in the manifests of local builds: the tar is then written again, or made of the
 * blob that is kept in another form.
 */
export function storeSource(
  store: Store,
  snapshotter: Snapshotter,
  image: Pick<ImageRow, 'manifest'>,
  label: string,
): Source {
  return {
    label,
    root: () => Promise.resolve(image.manifest),
    async fetch(node: Descriptor, options?: CallOptions): Promise<Bytes> {
      if (await store.blobs.stat(node.digest)) return store.blobs.open(node.digest, options);
      const diffId = node.digest as string as DiffId;
      const isLayer = store.read((tables) => tables.layers.get(diffId) !== undefined);
      // Without either, opening says best what is missing.
      return isLayer ? snapshotter.tar(diffId, options) : store.blobs.open(node.digest, options);
    },
  };
}
