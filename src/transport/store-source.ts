import type { Bytes, ByteSink } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { DiffId } from '../oci/digest.ts';
import { Verifier } from '../oci/verified.ts';
import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow } from '../store/tables.ts';
import type { FetchOptions, Source } from './transport.ts';

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
  /** Without a blob or a layer, opening the blob says best what is missing. */
  const layerOf = async ({ digest }: Descriptor): Promise<DiffId | undefined> => {
    if (await store.blobs.stat(digest)) return undefined;
    const diffId = digest as string as DiffId;
    return store.read((tables) => tables.layers.get(diffId))?.diffId;
  };
  return {
    label,
    root: () => Promise.resolve(image.manifest),
    async fetch(node: Descriptor, options?: FetchOptions): Promise<Bytes> {
      const layer = await layerOf(node);
      return layer ? snapshotter.tar(layer, options) : store.blobs.open(node.digest, options);
    },
    async pour(node: Descriptor, sink: ByteSink, options?: CallOptions): Promise<void> {
      const layer = await layerOf(node);
      if (!layer) {
        const verifier = new Verifier(node, label);
        const checked: ByteSink = (chunk) => {
          verifier.update(chunk);
          sink(chunk);
        };
        await store.blobs.pour(node.digest, checked, options);
        verifier.end();
        return;
      }
      // The snapshotter checks the digest.
      let left = node.size;
      const counted: ByteSink = (chunk) => {
        left -= chunk.length;
        if (left >= 0) sink(chunk);
      };
      await snapshotter.pourTar(layer, counted, options);
      if (left !== 0) {
        throw new InvalidInputError(
          `${node.digest} from ${label} does not have the ${node.size} bytes it was said to have`,
        );
      }
    },
  };
}
