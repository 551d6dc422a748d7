import type { Freshness } from '../freshness-types.ts';
import { canonicalName, parseReference, withDefaultTag } from '../../oci/reference.ts';
import type { Candidate } from './outdated.ts';
import { repositoryOf } from './base-of.ts';

/**
 * The outdated images, and those that stand on one of them, a base before what is built on it;
 * otherwise in the order given.
 */
export function rebuildOrder(
  candidates: readonly Candidate[],
  images: readonly Freshness[],
): Freshness[] {
  const at = new Map(
    candidates.flatMap(({ names }, index) => names.map((name) => [name, index] as const)),
  );
  const baseOf = candidates.map(({ base }) => {
    if (!base || repositoryOf(base.name) === undefined) return undefined;
    return at.get(canonicalName(withDefaultTag(parseReference(base.name))));
  });
  const order: Freshness[] = [];
  const placed = new Map<number, Freshness | undefined>();
  /** What is to be rebuilt at an index; undefined where nothing is. */
  const place = (index: number): Freshness | undefined => {
    if (placed.has(index)) return placed.get(index);
    // An image that stands on itself, by its name, ends the way.
    placed.set(index, undefined);
    const own = images[index];
    const base = baseOf[index];
    const below = base === undefined ? undefined : place(base);
    const mine = own && (own.status === 'outdated' ? own : below && standsOn(own, below));
    placed.set(index, mine);
    if (mine) order.push(mine);
    return mine;
  };
  for (const index of images.keys()) place(index);
  return order;
}

function standsOn(image: Freshness, base: Freshness): Freshness {
  const name = base.tags[0] ?? base.id;
  return { ...image, status: 'outdated', reason: `${name}, its base, is to be built again` };
}
