import { listCacheMounts, type CacheMountInfo } from '../../build/cache-mounts.ts';
import { digestOf, encoded, type DiffId } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { CacheRow, SourceRow, Tables } from '../../store/tables.ts';
import type { CacheEntry, CacheUsage } from '../system-types.ts';
import { spaceBelow } from './space.ts';
import { weigh } from './weights.ts';

/** An entry with what it is made of. */
export interface CacheItem {
  readonly entry: CacheEntry;
  /** Layers that stay as long as it does, bottom first; none but for results. */
  readonly layers: readonly DiffId[];
  /** Records of a result: its own and those that lead to it. */
  readonly records: readonly CacheRow[];
  readonly mount?: CacheMountInfo;
  readonly source?: SourceRow;
}

/** The build cache, and what its layers weigh. */
export interface CacheItems {
  readonly items: readonly CacheItem[];
  /** Bytes of a layer that nothing but the cache needs; 0 of any other. */
  readonly own: (diffId: DiffId) => number;
}

/** Everything that builds keep, the least recently used first. */
export function cacheItems(store: Store): CacheItems {
  const found = store.read((tables) => {
    const weights = weigh(tables);
    return {
      weights,
      results: resultsOf(tables, weights),
      sources: tables.sources
        .list()
        .map((row) => ({ row, bytes: row.blob === undefined ? 0 : weights.blob(row.blob) })),
    };
  });
  const { weights, results } = found;
  const items = [
    ...results,
    ...listCacheMounts(store.paths).map(mountItem),
    ...found.sources.map(({ row, bytes }) => sourceItem(row, bytes, store.paths.git)),
  ];
  // What lies on top goes before what it stands on: only then does anything come free.
  items.sort(
    (a, b) => a.entry.used.getTime() - b.entry.used.getTime() || b.layers.length - a.layers.length,
  );
  return {
    items,
    own: (diffId) => (weights.needed.has(diffId) ? 0 : weights.layer(diffId)),
  };
}

/** Sums of items, every layer once. */
export function usageOf({ items, own }: CacheItems): CacheUsage {
  const seen = new Set<DiffId>();
  let [total, shared, reclaimable] = [0, 0, 0];
  for (const { entry, layers } of items) {
    const top = layers.at(-1);
    if (top !== undefined && seen.has(top)) continue;
    if (top !== undefined) seen.add(top);
    total += entry.size;
    if (entry.shared) shared += entry.size;
    if (!entry.inUse) reclaimable += top === undefined ? entry.size : own(top);
  }
  return { entries: items.map(({ entry }) => entry).reverse(), total, shared, reclaimable };
}

type Weights = ReturnType<typeof weigh>;

/** Results with the records that lead to them: several keys may mean one. */
function resultsOf(tables: Tables, weights: Weights): CacheItem[] {
  const rows = tables.cache.list();
  const held = heldLayers(tables, weights);
  const groups = new Map<string, CacheRow[]>();
  for (const row of rows) {
    const own = row.canonicalKey ?? row.key;
    groups.set(own, [...(groups.get(own) ?? []), row]);
  }
  const ids = new Map([...groups.keys()].map((key) => [digestOf(key) as string, idOf(key)]));
  return [...groups].map(([key, records]) => {
    const main = records.find((row) => row.key === key) ?? records[0]!;
    const layers = weights.stack(main.chain);
    const top = layers.at(-1);
    return {
      layers,
      records,
      entry: {
        id: idOf(key),
        type: 'regular',
        description: descriptionOf(main),
        parents: [
          ...new Set(
            records.flatMap(({ ingredients }) =>
              ingredients.flatMap(({ kind, digest }) => {
                const id = kind === 'parent' ? ids.get(digest) : undefined;
                return id === undefined ? [] : [id];
              }),
            ),
          ),
        ],
        created: new Date(main.createdAt),
        used: new Date(Math.max(...records.map(({ usedAt }) => usedAt))),
        uses: Math.max(...records.map(({ uses = 1 }) => uses)),
        size: top === undefined ? 0 : weights.layer(top),
        shared: top !== undefined && weights.needed.has(top),
        inUse: top !== undefined && held.has(top),
        mutable: false,
      },
    };
  });
}

/** The layers that running builds stand on. */
function heldLayers(tables: Tables, weights: Weights): ReadonlySet<DiffId> {
  return new Set(tables.cache.held().flatMap((chain) => weights.stack(chain)));
}

function descriptionOf({ ingredients, place }: CacheRow): string {
  const text = ingredients.find(({ kind }) => kind === 'instruction')?.text;
  const [, stage = '', step = ''] = place.split('\0');
  return text?.split('\n', 1)[0] ?? `step ${step} of ${stage}`;
}

function mountItem(mount: CacheMountInfo): CacheItem {
  const { id, namespace, bytes, lastUsedAt, inUse, path } = mount;
  const used = new Date(lastUsedAt);
  return {
    mount,
    layers: [],
    records: [],
    entry: {
      id: idOf(path),
      type: 'exec.cachemount',
      description: `cache mount ${namespace === '' ? '' : `${namespace}/`}${id}`,
      parents: [],
      created: used,
      used,
      uses: 1,
      size: bytes,
      shared: false,
      inUse,
      mutable: true,
    },
  };
}

function sourceItem(source: SourceRow, bytes: number, repositories: string): CacheItem {
  const used = new Date(source.usedAt);
  const isGit = source.kind === 'git';
  return {
    source,
    layers: [],
    records: [],
    entry: {
      id: idOf(source.key),
      type: isGit ? 'source.git.checkout' : 'source.http',
      description: isGit ? `repository ${source.key}` : source.key,
      parents: [],
      created: used,
      used,
      uses: 1,
      size: isGit ? spaceBelow(`${repositories}/${source.key}`) : bytes,
      shared: false,
      inUse: false,
      mutable: isGit,
    },
  };
}

/** 25 letters and digits, as other builders name their entries; the same for the same key. */
function idOf(key: string): string {
  const hex = encoded(digestOf(key)).slice(0, 32);
  return BigInt(`0x${hex}`).toString(36).padStart(25, '0');
}
