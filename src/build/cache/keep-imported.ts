import { chainId, chainOn, type DiffId } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import type { Ingredient } from '../../store/tables.ts';
import type { Vertex } from '../graph.ts';
import { byDefinition, sourceOf, type Outcome } from '../solver-parts.ts';
import type { SharedIngredient } from './document.ts';
import type { ImportedCaches } from './imported.ts';

/**
 * Makes the imported records that a build used, and whose layers came, records of this store:
 * the next build finds them without any `--cache-from`.
 */
export async function keepImported(
  outcomes: readonly Outcome[],
  imported: ImportedCaches,
  { store, snapshotter }: { readonly store: Store; readonly snapshotter: Snapshotter },
): Promise<void> {
  for (const { vertex, keyed } of outcomes) {
    const keys = [keyed.own, ...(keyed.alias ? [keyed.alias.key] : [])];
    for (const key of keys) {
      if (store.read(({ cache }) => cache.get(key))) continue;
      const found = await imported.record(key);
      if (!found || !isHere(store, found.layers)) continue;
      const { record, layers } = found;
      nameStack(snapshotter, layers, vertex);
      const chain = chainId(layers);
      if (chain === undefined) continue;
      const own = keyed.alias?.key === key ? keyed.alias.ingredients : keyed.ingredients;
      const usedAt = store.clock.now().getTime();
      const { canonicalKey, createdAt, took } = record;
      store.note(({ cache }) => {
        cache.put({
          key,
          place: canonicalKey === undefined ? vertex.place : byDefinition(vertex),
          ingredients: filled(record.ingredients, own),
          chain,
          createdAt,
          usedAt,
          took,
          ...(canonicalKey !== undefined && { canonicalKey }),
        });
      });
    }
  }
}

function isHere(store: Store, layers: readonly DiffId[]): boolean {
  return store.read((tables) => layers.every((diffId) => tables.layers.get(diffId)));
}

/** Names every layer of the stack in its place, and says of the top one where it came from. */
function nameStack(snapshotter: Snapshotter, layers: readonly DiffId[], vertex: Vertex): void {
  let below: ReturnType<typeof chainId>;
  for (const [at, diffId] of layers.entries()) {
    snapshotter.name(diffId, below, at === layers.length - 1 ? sourceOf(vertex) : undefined);
    below = chainOn(below, diffId);
  }
}

/** What the other machine kept to itself, this one knows: the keys are the same. */
function filled(
  theirs: readonly SharedIngredient[],
  ours: readonly Ingredient[],
): readonly Ingredient[] {
  const known = new Map(ours.map((one) => [`${one.kind} ${one.name}`, one]));
  return theirs.flatMap((one): Ingredient[] => {
    const { digest = known.get(`${one.kind} ${one.name}`)?.digest } = one;
    return digest === undefined ? [] : [{ ...one, digest }];
  });
}
