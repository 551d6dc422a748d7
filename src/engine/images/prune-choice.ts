import type { Digest, DiffId } from '../../oci/digest.ts';
import { familiar, familiarRepository, parseReference } from '../../oci/reference.ts';
import { USE_STEP } from '../../store/record-event.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';
import type { ImagePruneRequest } from '../prune-types.ts';
import { weigh } from '../system/weights.ts';
import { byAge } from './age.ts';
import { imageTest } from './filter.ts';
import { namesByImage } from './names.ts';

/** An image, whether it may go, and why. */
export interface Choice {
  readonly image: ImageRow;
  /** Canonical. */
  readonly names: readonly string[];
  readonly goes: boolean;
  readonly why: string;
}

/** Says why an image stays; undefined where it does not mind. */
type Keeper = (image: ImageRow, names: readonly string[]) => string | undefined;

/**
 * Chooses which images go, newest first. Those that others were made from are chosen like any:
 * they go when their children do.
 */
export function choose(tables: Tables, request: ImagePruneRequest): Choice[] {
  const { filter = {}, keepLast, unusedSince, maxTotal } = request;
  const { dangling, ...rest } = filter;
  const names = namesByImage(tables.images.names());
  const images = tables.images.list().sort(byAge);
  const isWider = keepLast !== undefined || unusedSince !== undefined || maxTotal !== undefined;
  const all = request.all === true || dangling === false || (isWider && dangling !== true);
  const keepers = [
    users(tables),
    members(tables),
    ...(all ? [] : [hasTag]),
    outside(tables, rest),
    ...(keepLast === undefined ? [] : [newest(images, names, keepLast)]),
    ...(unusedSince === undefined ? [] : [usedSince(unusedSince)]),
  ];
  const choices = images.map((image): Choice => {
    const own = names.get(image.id) ?? [];
    let why: string | undefined;
    for (const keeper of keepers) if ((why ??= keeper(image, own)) !== undefined) break;
    return { image, names: own, goes: why === undefined, why: why ?? leave(own) };
  });
  return maxTotal === undefined ? choices : withinLimit(tables, choices, maxTotal);
}

/** Why an image goes. */
function leave(names: readonly string[]): string {
  if (names.length === 0) return 'dangling';
  return hasTag(undefined, names) === undefined ? 'it has no tag' : 'no container uses it';
}

/** When an image was last used, as far as is known; in milliseconds since the epoch. */
export function lastUse({ usedAt = 0, taggedAt = 0, storedAt }: ImageRow): number {
  return Math.max(usedAt, taggedAt, storedAt);
}

function users(tables: Tables): Keeper {
  const names = new Map<string, string[]>();
  for (const { image, name } of tables.containers.list()) {
    const known = names.get(image);
    if (known) known.push(name);
    else names.set(image, [name]);
  }
  return ({ id }) => {
    const own = names.get(id);
    if (!own) return undefined;
    const [kind, more] = [own.length > 1 ? 'containers' : 'container', own.length - 3];
    return `used by ${kind} ${own.slice(0, 3).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
  };
}

/** It goes with its index, or stays with it. */
function members(tables: Tables): Keeper {
  const platforms = tables.indexes.named();
  return ({ id }, names) =>
    names.length === 0 && platforms.has(id) ? 'another platform of an image that stays' : undefined;
}

function hasTag(_: unknown, names: readonly string[]): string | undefined {
  return names.some((name) => !name.includes('@')) ? 'it has a name' : undefined;
}

function outside(tables: Tables, filter: Parameters<typeof imageTest>[1]): Keeper {
  const test = imageTest(tables, filter);
  return (image, names) => (test(image, names) ? undefined : 'the filter leaves it out');
}

function newest(
  images: readonly ImageRow[],
  names: ReadonlyMap<string, readonly string[]>,
  count: number,
): Keeper {
  const seen = new Map<string, number>();
  const kept = new Map<Digest, string>();
  for (const { id } of images) {
    const own = (names.get(id) ?? []).map((name) => familiarRepository(parseReference(name)));
    for (const repository of new Set(own)) {
      const place = (seen.get(repository) ?? 0) + 1;
      seen.set(repository, place);
      if (place <= count && !kept.has(id)) kept.set(id, repository);
    }
  }
  return ({ id }) => {
    const repository = kept.get(id);
    return repository && `among the newest ${count} of ${repository}`;
  };
}

/** Uses are recorded in steps: the image may have been used a step later than is known. */
function usedSince(since: Date): Keeper {
  return (image) => (lastUse(image) + USE_STEP > since.getTime() ? 'used since' : undefined);
}

/** Of those that may go, the nameless first, then the least recently used, until the rest fits. */
function withinLimit(tables: Tables, choices: readonly Choice[], limit: number): Choice[] {
  const weights = weigh(tables);
  const counts = new Map(weights.images);
  const layersOf = ({ image }: Choice): ReadonlySet<DiffId> => new Set(weights.stack(image.chain));
  let total = [...counts.keys()].reduce((sum, layer) => sum + weights.layer(layer), 0);
  const going = new Set<Digest>();
  const order = choices
    .filter(({ goes }) => goes)
    .sort(
      (a, b) =>
        Number(a.names.length > 0) - Number(b.names.length > 0) ||
        lastUse(a.image) - lastUse(b.image),
    );
  for (const choice of order) {
    if (total <= limit) break;
    going.add(choice.image.id);
    for (const layer of layersOf(choice)) {
      const count = (counts.get(layer) ?? 1) - 1;
      counts.set(layer, count);
      if (count === 0) total -= weights.layer(layer);
    }
  }
  return choices.map((choice) =>
    !choice.goes || going.has(choice.image.id)
      ? choice
      : { ...choice, goes: false, why: 'the limit is kept without it' },
  );
}

/** Canonical names as people write them. */
export function shownNames({ names }: Choice): string[] {
  return names.map((name) => familiar(parseReference(name)));
}
