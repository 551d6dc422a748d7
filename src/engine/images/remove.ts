import { DiskFullError, StaveError } from '../../base/errors.ts';
import { type ChainId, chainOn } from '../../oci/digest.ts';
import { choosePlatform, hostPlatform, type Platform } from '../../oci/platform.ts';
import { familiar, parseReference, repositoryName } from '../../oci/reference.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import type { RemovalEvent, RemovalOutcome } from '../engine.ts';
import { conflictError, conflictOf, refuseInUse } from './conflict.ts';
import { findIn, type Found } from './find.ts';

/** How to remove. */
export interface RemoveOptions {
  /** Also what has several names, or containers that do not run. */
  readonly force?: boolean;
  /** Also parents that nothing names or needs any more; true by default. */
  readonly prune?: boolean;
  /** Of an index, only the image for this platform; the index and its names stay. */
  readonly platform?: Platform;
}

/** What a removal has done so far. */
export interface Removal {
  readonly events: RemovalEvent[];
  /** The stacks of the deleted images, by their names, top first. */
  readonly chains: ChainId[];
  /** When it happens, in milliseconds since the epoch. */
  readonly at: number;
}

/** Nothing is removed yet. */
export function emptyRemoval(store: Store): Removal {
  return { events: [], chains: [], at: store.clock.now().getTime() };
}

/**
 * Removes a name and, with the last one, the image; or, by its ID, an image with its names.
 * Then frees what nothing else needs.
 *
 * Throws ImageNotFoundError, AmbiguousImageError, ImageConflictError, InvalidReferenceError.
 */
export async function removeImage(
  store: Store,
  name: string,
  options: RemoveOptions = {},
): Promise<RemovalEvent[]> {
  const [outcome] = await removeImages(store, [name], options);
  if (outcome && 'error' in outcome) throw outcome.error;
  return [...(outcome?.events ?? [])];
}

/**
 * As {@link removeImage} one after the other, in one transaction; what cannot go is told with
 * its error, and the others go.
 */
export async function removeImages(
  store: Store,
  names: readonly string[],
  options: RemoveOptions = {},
): Promise<RemovalOutcome[]> {
  if (store.read(({ containers }) => containers.list().some(({ state }) => state === 'running'))) {
    // One whose stave was killed has ended, whatever its row says.
    (await import('../containers/reap.ts')).reap(store);
  }
  const done = store.write((tables) =>
    names.map((name): Removal | { readonly error: StaveError } => {
      const removal = emptyRemoval(store);
      try {
        removeIn(tables, name, options, removal);
        return removal;
      } catch (error) {
        // Half of a removal is undone with all of them, and so is what the disk has no room for.
        const isHalf = removal.events.length > 0 || error instanceof DiskFullError;
        if (isHalf || !(error instanceof StaveError)) throw error;
        return { error };
      }
    }),
  );
  const chains = done.flatMap((one) => ('error' in one ? [] : one.chains));
  const deletes = ({ events }: Removal): boolean => events.some((event) => 'deleted' in event);
  if (done.some((one) => 'events' in one && deletes(one))) await store.collect();
  const gone = new Set(goneLayers(store, chains));
  // A layer that several had is gone with the last of them.
  const outcomes = done.toReversed().map((one): RemovalOutcome => {
    if ('error' in one) return one;
    const own = [...new Set(one.chains)].filter((chain) => gone.delete(chain));
    return { events: [...one.events, ...own.map((chain) => ({ deleted: chain }))] };
  });
  return outcomes.toReversed();
}

/** The rules of removal, inside a transaction. Adds what happened to `removal`. */
export function removeIn(
  tables: Tables,
  text: string,
  options: RemoveOptions,
  removal: Removal,
): void {
  const found = findIn(tables, text, options.platform);
  const force = options.force ?? false;
  const prune = options.prune ?? true;
  if (options.platform && found.index && found.index.members.length > 1) {
    removePlatform(tables, found.image, { force, prune }, removal);
    return;
  }
  const before = indexesOf(tables, found);
  removeFound(tables, found, { force, prune }, removal);
  for (const index of before) {
    if (tables.indexes.isNamed(index.digest)) continue;
    tables.indexes.remove(index.digest);
    for (const { image } of index.members) {
      const row = tables.images.get(image);
      // What another index or a name of its own needs stays.
      if (!row || namesOf(tables, row).length > 0 || tables.indexes.of(image).length > 0) continue;
      deleteImage(tables, row, { force: false, prune, quiet: true }, removal);
    }
  }
}

/** The indexes that may go with an image: the one that was named, and those that its names mean. */
function indexesOf(tables: Tables, { image, index, by }: Found): IndexRow[] {
  const named = 'name' in by ? [] : tables.images.names(image.id);
  const digests = new Set([index?.digest, ...named.map((row) => row.index)]);
  return [...digests].flatMap((digest) => (digest && tables.indexes.get(digest)) || []);
}

/** Names of indexes that mean this image mean another one of theirs from now on; then it goes. */
function removePlatform(
  tables: Tables,
  image: ImageRow,
  { force, prune }: { readonly force: boolean; readonly prune: boolean },
  removal: Removal,
): void {
  const names = tables.images.names(image.id);
  const moves = names.flatMap(({ name, index, updatedAt }) => {
    const members = index === undefined ? [] : (tables.indexes.get(index)?.members ?? []);
    const others = members.filter((member) => member.image !== image.id);
    const platforms = others.map(({ manifest }) => manifest.platform);
    const next = others[choosePlatform(platforms, hostPlatform(process.arch))];
    return next ? [{ name, index, updatedAt, image: next.image }] : [];
  });
  const hasOwn = moves.length < names.length;
  // Before anything is moved: what is refused must leave all as it is.
  const conflict = conflictOf(tables, image, { names: hasOwn && !force, stopped: !force });
  if (conflict) throw conflictError(image, conflict);
  for (const move of moves) tables.images.tag(move.name, move.image, move.updatedAt, move.index);
  deleteImage(tables, image, { force, prune, quiet: false }, removal);
}

function removeFound(
  tables: Tables,
  { image, by, index }: Found,
  { force, prune }: { readonly force: boolean; readonly prune: boolean },
  removal: Removal,
): void {
  if (
    index &&
    'id' in by &&
    tables.images.names(image.id).every((row) => row.index !== index.digest)
  ) {
    // An index without a name, by its digest: nothing of it is in the way of its images.
    tables.indexes.remove(index.digest);
    return;
  }
  const names = namesOf(tables, image);
  if ('name' in by) {
    if (!force && isOneName(names)) refuseInUse(tables, image, by.name);
    untagWithDigests(tables, image, by.name, removal);
    if (namesOf(tables, image).length > 0) return;
    deleteImage(tables, image, { force, prune, quiet: true }, removal);
    return;
  }
  if (isOneName(names)) {
    const conflict = conflictOf(tables, image, { names: false, stopped: !force });
    if (conflict) throw conflictError(image, conflict);
    for (const name of names) untag(tables, image, name, removal);
  }
  deleteImage(tables, image, { force, prune, quiet: false }, removal);
}

/** After a collection: the stacks that are gone. What the build cache knows stays, and is not told. */
export function goneLayers(store: Store, chains: readonly ChainId[]): ChainId[] {
  return store.read((tables) =>
    [...new Set(chains)].filter((chain) => tables.layers.stack(chain) === undefined),
  );
}

function namesOf(tables: Tables, image: ImageRow): string[] {
  return tables.images.names(image.id).map((row) => row.name);
}

/** One tag at most, and every digest of the same repository: what an ID stands for without doubt. */
function isOneName(names: readonly string[]): boolean {
  const tags = names.filter((name) => !name.includes('@'));
  const repositories = new Set(names.map((name) => repositoryName(parseReference(name))));
  return tags.length <= 1 && repositories.size === 1;
}

/** Digests of a repository go with its last tag. */
function untagWithDigests(tables: Tables, image: ImageRow, name: string, removal: Removal): void {
  untag(tables, image, name, removal);
  if (name.includes('@')) return;
  const repository = repositoryName(parseReference(name));
  const rest = namesOf(tables, image).filter(
    (one) => repositoryName(parseReference(one)) === repository,
  );
  if (rest.some((one) => !one.includes('@'))) return;
  for (const digest of rest) untag(tables, image, digest, removal);
}

function untag(tables: Tables, image: ImageRow, name: string, removal: Removal): void {
  tables.images.untag(name);
  recordImage(tables, 'untag', image.id, removal.at, name);
  removal.events.push({ untagged: shown(name) });
}

function deleteImage(
  tables: Tables,
  image: ImageRow,
  how: { readonly force: boolean; readonly prune: boolean; readonly quiet: boolean },
  removal: Removal,
): void {
  const conflict = conflictOf(tables, image, { names: !how.force, stopped: !how.force });
  if (conflict) {
    // Quietly: the name is gone as asked, or the parent stays because it is still of use.
    const isDangling =
      namesOf(tables, image).length === 0 && tables.images.children(image.id).length === 0;
    const isUsed = conflict.kind === 'running' || conflict.kind === 'stopped';
    if (how.quiet && (!isDangling || isUsed)) return;
    throw conflictError(image, conflict);
  }
  for (const name of namesOf(tables, image)) untag(tables, image, name, removal);
  removal.chains.push(...chainsOf(tables, image));
  tables.images.remove(image.id);
  recordImage(tables, 'delete', image.id, removal.at);
  removal.events.push({ deleted: image.id });
  const parent = image.parent === undefined ? undefined : tables.images.get(image.parent);
  if (!how.prune || !parent) return;
  deleteImage(tables, parent, { force: false, prune: true, quiet: true }, removal);
}

/** The stacks that lie under an image, top first. */
function chainsOf(tables: Tables, image: ImageRow): ChainId[] {
  if (image.chain === undefined) return [];
  const chains: ChainId[] = [];
  let chain: ChainId | undefined;
  for (const layer of tables.layers.stack(image.chain) ?? []) {
    chain = chainOn(chain, layer.diffId);
    chains.push(chain);
  }
  return chains.reverse();
}

function shown(name: string): string {
  return familiar(parseReference(name));
}
