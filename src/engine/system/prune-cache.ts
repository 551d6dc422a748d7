import { statfsSync } from 'node:fs';
import { removeCacheMount } from '../../build/cache-mounts.ts';
import type { DiffId } from '../../oci/digest.ts';
import { recordPrune } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { CachePruned, CachePruneRequest } from '../system-types.ts';
import { cacheItems, type CacheItem, type CacheItems } from './cache-entries.ts';
import { cacheTest } from './cache-filter.ts';

/**
 * Forgets what builds keep, the least recently used first: what images have only with `all`,
 * and what a running build holds never. With limits it stops as soon as they are kept.
 */
export async function pruneCache(
  store: Store,
  request: CachePruneRequest = {},
): Promise<CachePruned> {
  const found = cacheItems(store);
  const passes = cacheTest(request.filter);
  const wanted = found.items.filter(
    ({ entry }) => !entry.inUse && (request.all === true || !entry.shared) && passes(entry),
  );
  const going = untilKept(wanted, found, keptBytes(store, request, found));
  if (going.length === 0) return { removed: [], bytes: 0 };
  const removed = going.filter((item) => remove(store, item));
  const { bytes } = await store.collect();
  store.note((tables) => recordPrune(tables, 'builder', store.clock.now().getTime(), bytes));
  return { removed: removed.map(({ entry }) => entry), bytes };
}

/** Bytes that may stay. Without limits none. */
function keptBytes(
  { paths }: Store,
  { reserved = 0, maxUsed = 0, minFree = 0 }: CachePruneRequest,
  found: CacheItems,
): number {
  if (maxUsed === 0 && minFree === 0) return reserved;
  let kept = maxUsed > 0 ? maxUsed : Number.POSITIVE_INFINITY;
  if (minFree > 0) {
    const { bavail, bsize } = statfsSync(paths.root);
    const lacking = minFree - bavail * bsize;
    if (lacking > 0) kept = Math.min(kept, new Balance(found).bytes - lacking);
  }
  return Math.max(kept, reserved);
}

/** The items that have to go, in their order, until no more than `kept` bytes are left. */
function untilKept(wanted: readonly CacheItem[], found: CacheItems, kept: number): CacheItem[] {
  const balance = new Balance(found);
  const going: CacheItem[] = [];
  for (const item of wanted) {
    if (kept > 0 && balance.bytes <= kept) break;
    balance.drop(item);
    going.push(item);
  }
  return going;
}

/** What the cache takes, as items go: a layer comes free with the last one that stands on it. */
class Balance {
  bytes = 0;
  readonly #own: CacheItems['own'];
  readonly #users = new Map<DiffId, number>();

  constructor({ items, own }: CacheItems) {
    this.#own = own;
    for (const { layers, entry } of items) {
      if (layers.length === 0) this.bytes += entry.size;
      for (const layer of layers) {
        const users = this.#users.get(layer) ?? 0;
        if (users === 0) this.bytes += own(layer);
        this.#users.set(layer, users + 1);
      }
    }
  }

  drop({ layers, entry }: CacheItem): void {
    if (layers.length === 0) this.bytes -= entry.size;
    for (const layer of layers) {
      const users = (this.#users.get(layer) ?? 1) - 1;
      this.#users.set(layer, users);
      if (users === 0) this.bytes -= this.#own(layer);
    }
  }
}

/** False when somebody used it meanwhile. */
function remove(store: Store, { records, mount, source }: CacheItem): boolean {
  if (mount) return removeCacheMount(store.paths, mount);
  return store.write(({ cache, sources }) => {
    if (source) {
      if (sources.get(source.key)?.usedAt !== source.usedAt) return false;
      sources.remove(source.key);
      return true;
    }
    const isIdle = records.every(({ key, usedAt }) => {
      const now = cache.get(key);
      return now === undefined || now.usedAt === usedAt;
    });
    if (isIdle) for (const { key } of records) cache.remove(key);
    return isIdle;
  });
}
