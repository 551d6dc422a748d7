import { parseConfig } from '../../oci/parse-config.ts';
import type { DiffId } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Store } from '../../store/store.ts';
import type { ImageDetails } from '../engine.ts';
import { findIn } from './find.ts';
import { summaryOf } from './list.ts';

/**
 * Everything known of one image; of an index, unless a platform of it is asked for, also what
 * else it lists. Throws ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
 */
export async function inspectImage(
  store: Store,
  name: string,
  platform?: Platform,
): Promise<ImageDetails> {
  const { image, index, summary } = store.read((tables) => {
    const { image, index } = findIn(tables, name, platform);
    // The names of an index are those of each of its images.
    const rows = tables.images.names(platform && index ? undefined : image.id);
    const own = rows.filter((row) => row.image === image.id || row.index === index?.digest);
    const names = own.map((row) => row.name);
    const containers = tables.containers.list().filter((row) => row.image === image.id).length;
    return { image, index, summary: summaryOf(image, names, containers) };
  });
  const config = parseConfig(store.blobs.readSync(image.id));
  // Most images are no index.
  const described =
    index && !platform && (await import('./index-entries.ts')).describeIndex(store, index);
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
    ...(described && { index: described }),
    tagged: image.taggedAt === undefined ? undefined : new Date(image.taggedAt),
    directories: layers.map((layer) => store.paths.layerFs(layer as DiffId)).reverse(),
  };
}
