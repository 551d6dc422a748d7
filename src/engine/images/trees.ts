import type { Digest } from '../../oci/digest.ts';
import { canonicalName, parseReference } from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import type { ImageSummary } from '../engine.ts';
import type { ImageTree, TreeFacts } from '../image-trees.ts';
import { weigh } from '../system/weights.ts';
import { contentOf } from './index-entries.ts';
import { listImages, type ListOptions } from './list.ts';

/**
 * The images of a listing, newest first, with the platforms of those that are indexes. Throws
 * ImageNotFoundError as {@link listImages}.
 */
export function listTrees(store: Store, options: ListOptions = {}): ImageTree[] {
  const images = listImages(store, options);
  return store.read((tables) => {
    const factsOf = weigher(tables);
    return images.flatMap((image) => {
      const row = tables.images.get(image.id);
      if (!row) return [];
      return groups(tables, image).map(({ index, names }) =>
        index ? treeOf(tables, index, names, factsOf) : { names, platforms: [], ...factsOf(row) },
      );
    });
  });
}

/** The names of an image, those of each index of it apart. */
function groups(
  tables: Tables,
  { tags, digests }: ImageSummary,
): { readonly index: IndexRow | undefined; readonly names: readonly string[] }[] {
  const found = new Map<Digest | undefined, string[]>();
  for (const name of [...tags, ...digests]) {
    const index = tables.images.named(canonicalName(parseReference(name)))?.index;
    found.set(index, [...(found.get(index) ?? []), name]);
  }
  if (found.size === 0) found.set(undefined, []);
  return [...found].map(([digest, names]) => ({
    index: digest === undefined ? undefined : tables.indexes.get(digest),
    names,
  }));
}

function treeOf(
  tables: Tables,
  { digest, members }: IndexRow,
  names: readonly string[],
  factsOf: (row: ImageRow) => TreeFacts,
): ImageTree {
  const platforms = members.flatMap(({ image, manifest }) => {
    const row = tables.images.get(image);
    return row ? [{ platform: manifest.platform ?? row.platform, ...factsOf(row) }] : [];
  });
  return {
    names,
    platforms,
    id: digest,
    size: platforms.reduce((sum, { size }) => sum + size, 0),
    content: platforms.reduce((sum, { content }) => sum + content, 0),
    inUse: platforms.some(({ inUse }) => inUse),
  };
}

function weigher(tables: Tables): (row: ImageRow) => TreeFacts {
  const weights = weigh(tables);
  const used = new Set(tables.containers.list().map(({ image }) => image));
  return (row) => {
    const content = contentOf(tables, weights, row);
    return { id: row.id, size: row.size + content, content, inUse: used.has(row.id) };
  };
}
