import { StaveError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { chainId, type Digest, type DiffId } from '../../oci/digest.ts';
import type { Platform } from '../../oci/platform.ts';
import type { LayerSupply, LostLayer } from '../../transport/layer-supply.ts';
import type { Found, ImportedRecords } from '../solver-parts.ts';
import { layersOf, type CacheDocument, type SharedMount, type SharedRecord } from './document.ts';
import { readCache } from './read-cache.ts';
import type { CacheOrigin, CacheSource } from './remote.ts';

/** A cache that was read. */
interface Cache {
  readonly label: string;
  readonly source: CacheSource;
  readonly document: CacheDocument;
  readonly records: ReadonlyMap<string, SharedRecord>;
  /** Digests of the keys that records were made from. */
  readonly read: ReadonlySet<Digest>;
  /** Blobs that should be there and are not, or not whole. */
  readonly lost: Set<Digest>;
}

/** A record of a cache elsewhere with its stack. */
export interface ForeignRecord {
  readonly record: SharedRecord;
  /** Bottom first. */
  readonly layers: readonly DiffId[];
  readonly label: string;
}

/** What importing works with. */
export interface ImportParts {
  readonly supply: LayerSupply;
  readonly platform: Platform;
}

/**
 * The caches of `--cache-from`. They are read side by side from the beginning; those that are
 * not there or not usable are left out with a warning. Layers are only offered: what nobody
 * reads is never fetched.
 */
export class ImportedCaches implements ImportedRecords {
  readonly #parts: ImportParts;
  readonly #caches: Promise<readonly Cache[]>;

  constructor(origins: readonly CacheOrigin[], parts: ImportParts, call: CallOptions) {
    this.#parts = parts;
    const all = origins.map((origin) => opened(origin, parts.platform, call));
    this.#caches = Promise.all(all).then((found) => found.filter((one) => one !== undefined));
    // Whoever asks first gets the failure; nobody may ask.
    this.#caches.catch(() => undefined);
  }

  async find(key: string): Promise<Found | undefined> {
    for (const cache of await this.#caches) {
      const record = cache.records.get(key);
      if (!record) continue;
      const layers = this.#reached(cache, record);
      const chain = layers && chainId(layers);
      if (!chain) continue;
      const { createdAt, took, canonicalKey } = record;
      return {
        chain,
        layers,
        createdAt,
        took,
        from: cache.label,
        ...(canonicalKey !== undefined && { canonicalKey }),
      };
    }
    return undefined;
  }

  async wasRead(key: Digest): Promise<boolean> {
    return (await this.#caches).some(({ read }) => read.has(key));
  }

  async all(): Promise<readonly SharedRecord[]> {
    return (await this.#caches).flatMap(({ document }) => document.records);
  }

  /** The record of a key, whether or not its layers can be had. */
  async record(key: string): Promise<ForeignRecord | undefined> {
    for (const { records, document, label } of await this.#caches) {
      const record = records.get(key);
      if (!record) continue;
      const layers = layersOf(document, record.chain).map(({ diffId }) => diffId);
      return { record, layers, label };
    }
    return undefined;
  }

  /** The cache mounts that the caches bring, each with where its pieces are. */
  async mounts(): Promise<readonly { readonly mount: SharedMount; readonly from: CacheSource }[]> {
    return (await this.#caches).flatMap(({ document, source }) =>
      document.mounts.map((mount) => ({ mount, from: source })),
    );
  }

  /**
   * Uses no record any more that needs a layer which did not come, and says so; false when no
   * cache had offered it.
   */
  async forget({ diffId, blob, from, reason }: LostLayer, call: CallOptions): Promise<boolean> {
    const cache = (await this.#caches).find(({ source }) => source === from);
    if (!cache) return false;
    cache.lost.add(blob.digest);
    this.#parts.supply.withdraw(diffId);
    reporter(call.progress).warn({
      code: 'CacheLayerLost',
      message: `a layer of the cache ${cache.label} is not used: ${reason.message}`,
    });
    return true;
  }

  /** When nothing is being read any more. */
  async settled(): Promise<void> {
    await this.#caches.catch(() => undefined);
  }

  /** Offers the layers of a record, and gives them back when all of them can be had. */
  #reached(cache: Cache, record: SharedRecord): DiffId[] | undefined {
    const { supply } = this.#parts;
    const layers = layersOf(cache.document, record.chain);
    for (const { diffId, blob } of layers) {
      if (!blob || supply.reaches([diffId])) continue;
      if (cache.lost.has(blob.digest) || cache.source.has?.(blob) === false) return undefined;
      supply.offer(diffId, blob, cache.source);
    }
    const diffIds = layers.map(({ diffId }) => diffId);
    return supply.reaches(diffIds) ? diffIds : undefined;
  }
}

/** A place without the path of the Dockerfile, which other machines have elsewhere. */
export function shared(place: string): string {
  return place.slice(place.indexOf('\0') + 1);
}

async function opened(
  origin: CacheOrigin,
  platform: Platform,
  call: CallOptions,
): Promise<Cache | undefined> {
  const report = reporter(call.progress);
  using task = report.begin(`importing cache from ${origin.label}`, { kind: 'internal' });
  try {
    const source = await origin.open(call);
    const document = await readCache(source, platform, call);
    task.note(`${document.records.length} records`);
    task.outcome = 'done';
    return {
      label: origin.label,
      source,
      document,
      records: new Map(document.records.map((record) => [record.key, record])),
      read: new Set(document.records.flatMap(parentsOf)),
      lost: new Set(),
    };
  } catch (error) {
    call.signal?.throwIfAborted();
    // A cache is there to help: a build without it gives the same.
    if (!isKnown(error)) throw error;
    task.note(`not used: ${error.message}`);
    task.outcome = 'canceled';
    report.warn({
      code: 'CacheNotUsed',
      message: `the cache ${origin.label} is not used: ${error.message}`,
    });
    return undefined;
  }
}

/** Errors of ours and of the system have a code; bugs have none. */
export function isKnown(error: unknown): error is Error {
  return error instanceof StaveError || (error instanceof Error && 'code' in error);
}

function parentsOf({ ingredients }: SharedRecord): Digest[] {
  return ingredients.flatMap(({ kind, digest }) =>
    kind === 'parent' && digest !== undefined ? [digest] : [],
  );
}
