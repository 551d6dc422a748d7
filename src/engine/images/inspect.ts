import { parseConfig } from '../../oci/parse-config.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { ImageDetails } from '../engine.ts';
import { findIn } from './find.ts';
import { summaryOf } from './list.ts';

/** Everything known of one image. Throws ImageNotFoundError, AmbiguousImageError. */
export function inspectImage(store: Store, name: string): ImageDetails {
  const { image, summary } = store.read((tables) => {
    const { image } = findIn(tables, name);
    const names = tables.images.names(image.id).map((row) => row.name);
    const containers = tables.containers.list().filter((row) => row.image === image.id).length;
    return { image, summary: summaryOf(image, names, containers) };
  });
  const config = parseConfig(store.blobs.readSync(image.id));
  const layers = config.rootfs.diff_ids;
  return {
    ...summary,
    config,
    layers,
    manifest: {
      mediaType: image.manifest.mediaType,
      digest: image.manifest.digest,
      size: image.manifest.size,
    },
    tagged: image.taggedAt === undefined ? undefined : new Date(image.taggedAt),
    directories: layers.map((layer) => store.paths.layerFs(layer as DiffId)).reverse(),
  };
}
