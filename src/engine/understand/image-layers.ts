import type { Platform } from '../../oci/platform.ts';
import { chainOn, type ChainId, type Digest } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import type { ImageLayers } from '../understand-types.ts';
import { layerSteps } from './explain.ts';
import { wholeImage } from './steps.ts';
import { tagsOf } from './tags.ts';

/**
 * The layers of an image, with the images that end with each and those that have it, too. Throws
 * ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
 */
export function imageLayers(store: Store, name: string, platform?: Platform): ImageLayers {
  const found = wholeImage(store, name, platform);
  return store.read((tables) => {
    const users = usersOf(tables);
    let chain: ChainId | undefined;
    const layers = layerSteps(found).map((step, at) => {
      const { diffId } = found.layers[at] ?? {};
      if (diffId === undefined) throw new TypeError('a step without its layer');
      chain = chainOn(chain, diffId);
      const top = users.ending.get(chain) ?? [];
      const all = users.having.get(diffId) ?? [];
      return {
        ...step,
        topOf: namesOf(tables, top),
        sharedWith: namesOf(
          tables,
          all.filter((id) => id !== found.image.id),
        ),
      };
    });
    const { id, size } = found.image;
    return { id, tags: tagsOf(tables, id), size, layers };
  });
}

interface Users {
  /** By stack: the images that are all of it. */
  readonly ending: ReadonlyMap<ChainId, readonly Digest[]>;
  /** By layer: the images that have it, wherever in their stacks. */
  readonly having: ReadonlyMap<string, readonly Digest[]>;
}

function usersOf(tables: Tables): Users {
  const ending = new Map<ChainId, Digest[]>();
  const having = new Map<string, Digest[]>();
  const stacks = new Map<ChainId, readonly string[]>();
  for (const { id, chain } of tables.images.list()) {
    if (chain === undefined) continue;
    put(ending, chain, id);
    let stack = stacks.get(chain);
    if (!stack) {
      stack = [...new Set(tables.layers.stack(chain)?.map(({ diffId }) => diffId))];
      stacks.set(chain, stack);
    }
    for (const diffId of stack) put(having, diffId, id);
  }
  return { ending, having };
}

function put<K>(map: Map<K, Digest[]>, key: K, id: Digest): void {
  const known = map.get(key);
  if (known) known.push(id);
  else map.set(key, [id]);
}

/** The names of images, sorted; the IDs of those without one. */
function namesOf(tables: Tables, ids: readonly Digest[]): string[] {
  return ids
    .flatMap((id) => {
      const tags = tagsOf(tables, id);
      return tags.length > 0 ? tags : [id];
    })
    .sort();
}
