import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import type { ImageFilter, ImageSummary } from '../engine.ts';
import { byAge } from './age.ts';
import { imageTest } from './filter.ts';
import { namesByImage, shownNames } from './names.ts';

/** What to list. */
export type ListOptions = ImageFilter & { readonly all?: boolean };

/**
 * Lists images, newest first. Without `all`, unnamed images that others were made from are
 * left out; of an index, the image that its name means is listed. A `reference` filter also leaves out the names that do not fit.
 *
 * Throws ImageNotFoundError for an unknown image in `before` or `since`.
 */
export function listImages(store: Store, options: ListOptions = {}): ImageSummary[] {
  return store.read((tables) => {
    const test = imageTest(tables, options);
    const names = namesByImage(tables.images.names());
    const containers = countBy(tables.containers.list().map((row) => row.image));
    const images = tables.images.list();
    const parents = new Set(images.map((image) => image.parent));
    const platforms = tables.indexes.named();
    const withParents = options.all === true || options.intermediate === true;
    return images.sort(byAge).flatMap((image) => {
      const own = names.get(image.id) ?? [];
      if (!withParents && own.length === 0 && parents.has(image.id)) return [];
      // Seen under the name of its index.
      if (own.length === 0 && platforms.has(image.id)) return [];
      const shown = test(image, own);
      return shown ? [summaryOf(image, shown, containers.get(image.id) ?? 0)] : [];
    });
  });
}

/** One row of a listing. `names` are canonical. */
export function summaryOf(
  image: ImageRow,
  names: readonly string[],
  containers: number,
): ImageSummary {
  return {
    id: image.id,
    ...shownNames(names),
    created: image.createdAt === undefined ? undefined : new Date(image.createdAt),
    stored: new Date(image.storedAt),
    size: image.size,
    get labels() {
      return image.labels;
    },
    platform: image.platform,
    parent: image.parent,
    containers,
  };
}

function countBy(keys: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
