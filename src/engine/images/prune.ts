import type { ChainId } from '../../oci/digest.ts';
import { chainOn } from '../../oci/digest.ts';
import { recordPrune } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import { ImageConflictError, ImageNotFoundError } from '../errors.ts';
import type {
  ImagePrunePlan,
  ImagePruneRequest,
  ImagesPruned,
  PlannedImage,
} from '../prune-types.ts';
import { weigh } from '../system/weights.ts';
import { choose, type Choice, lastUse, shownNames } from './prune-choice.ts';
import { emptyRemoval, goneLayers, type Removal, removeIn } from './remove.ts';

/**
 * Removes the images without a name, or all of them, that no container uses and no other
 * image was made from, all in one transaction. `bytes` is what the disk got back: layers that
 * the build cache knows are not counted, for they stay.
 *
 * Throws ImageNotFoundError for an unknown image in the filter.
 */
export async function pruneImages(
  store: Store,
  request: ImagePruneRequest = {},
): Promise<ImagesPruned> {
  const removal = emptyRemoval(store);
  store.write((tables) => removeChosen(tables, choose(tables, request), removal));
  const none = removal.events.length === 0;
  const bytes = none ? 0 : (await store.collect()).bytes;
  store.note((tables) => recordPrune(tables, 'image', removal.at, bytes));
  const gone = goneLayers(store, removal.chains).map((chain) => ({ deleted: chain }));
  return { removed: [...removal.events, ...gone], bytes };
}

/** Tells what {@link pruneImages} would do, and why, and changes nothing. */
export function planPrune(store: Store, request: ImagePruneRequest = {}): ImagePrunePlan {
  let plan: ImagePrunePlan | undefined;
  try {
    store.note((tables) => {
      const removal = emptyRemoval(store);
      const before = layerSizes(tables);
      const choices = choose(tables, request);
      removeChosen(tables, choices, removal);
      const after = layerSizes(tables);
      let bytes = 0;
      for (const [diffId, size] of before) if (!after.has(diffId)) bytes += size;
      const goes = ({ image }: Choice): boolean => tables.images.get(image.id) === undefined;
      const staying = choices.filter((choice) => !goes(choice));
      plan = {
        going: choices.filter(goes).map(going),
        staying: staying.map(planned),
        removed: removal.events,
        bytes,
      };
      throw new Undo();
    });
  } catch (error) {
    if (!(error instanceof Undo)) throw error;
  }
  if (!plan) throw new Error('a plan that was not made');
  return plan;
}

/** Carries the transaction's result out while the transaction is undone. */
class Undo extends Error {}

function removeChosen(tables: Tables, choices: readonly Choice[], removal: Removal): void {
  for (const { image, names, goes } of choices) {
    // Gone already, as the parent of another; or nameless below another.
    if (!goes || !tables.images.get(image.id)) continue;
    if (names.length === 0 && tables.images.children(image.id).length > 0) continue;
    const targets = names.length > 0 ? names : [image.id];
    for (const target of targets) removeUnlessKept(tables, target, removal);
  }
}

function removeUnlessKept(tables: Tables, target: string, removal: Removal): void {
  try {
    removeIn(tables, target, {}, removal);
  } catch (error) {
    // The digests of a repository went with its last tag.
    const isGone = error instanceof ImageNotFoundError;
    if (!isGone && !(error instanceof ImageConflictError)) throw error;
  }
}

/** What was not chosen goes with an image that was: its child, or another platform of it. */
function going(choice: Choice): PlannedImage {
  return { ...planned(choice), why: choice.goes ? choice.why : 'nothing else needs it' };
}

function planned(choice: Choice): PlannedImage {
  const { image, why, goes } = choice;
  return {
    id: image.id,
    names: shownNames(choice),
    size: image.size,
    used: new Date(lastUse(image)),
    why: goes ? 'images made from it stay' : why,
  };
}

/** Sizes of the layers that images, containers and the build cache reach. */
function layerSizes(tables: Tables): Map<string, number> {
  const weights = weigh(tables);
  const chains = [
    ...tables.images.list().map((row) => row.chain),
    ...tables.containers.list().map((row) => row.chain),
    ...tables.cache.list().map((row) => row.chain),
  ];
  const sizes = new Map<string, number>();
  const seen = new Set<ChainId>();
  for (const top of chains) {
    if (top === undefined || seen.has(top)) continue;
    let chain: ChainId | undefined;
    for (const diffId of weights.stack(top)) {
      seen.add((chain = chainOn(chain, diffId)));
      sizes.set(diffId, weights.layer(diffId));
    }
  }
  return sizes;
}
