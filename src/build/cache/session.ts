import type { CallOptions } from '../../base/progress.ts';
import type { Platform } from '../../oci/platform.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { LayerSupply } from '../../transport/layer-supply.ts';
import type { CacheMount } from '../exec-mount.ts';
import type { Vertex } from '../graph.ts';
import type { LeakGuard } from '../leaks/guard.ts';
import type { Outcome } from '../solver-parts.ts';
import { cacheMember, INLINE_KEY } from './document.ts';
import { exportCache } from './export-cache.ts';
import { ImportedCaches } from './imported.ts';
import { keepImported } from './keep-imported.ts';
import type { CacheOrigin, CacheTarget } from './remote.ts';
import { documentOf, shareable } from './shape-cache.ts';

/** The caches elsewhere that a build reads and writes. */
export interface BuildCaches {
  readonly from: readonly CacheOrigin[];
  readonly to: readonly CacheTarget[];
  /** The image carries the cache of its own steps. */
  readonly inline: boolean;
}

/** What a session works with. */
export interface SessionParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  readonly lease: () => Lease;
  readonly supply: LayerSupply;
  readonly platform: Platform;
}

/** Steps of a solved build, and those that were asked for: one for each platform. */
export interface SolvedBuild {
  readonly outcomes: readonly Outcome[];
  readonly targets: readonly (Vertex | undefined)[];
}

/**
 * Caches elsewhere during one build. Reading begins at once, beside the planning; leaving the
 * scope ends what nobody waited for.
 */
export class CacheSession implements AsyncDisposable {
  /** Undefined without any `--cache-from`. */
  readonly imported: ImportedCaches | undefined;
  readonly #caches: BuildCaches;
  readonly #parts: SessionParts;
  readonly #call: CallOptions;
  readonly #stop = new AbortController();

  constructor(caches: BuildCaches, parts: SessionParts, call: CallOptions) {
    this.#caches = caches;
    this.#parts = parts;
    this.#call = call;
    const { signal } = this.#stop;
    const own = { ...call, signal: call.signal ? AbortSignal.any([call.signal, signal]) : signal };
    if (caches.from.length > 0) this.imported = new ImportedCaches(caches.from, parts, own);
  }

  /**
   * Runs a build. When it fails because a layer of an imported cache is gone or damaged, it runs
   * again without the records that need it; what was done remains done.
   */
  async attempt<T>(build: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await build();
      } catch (error) {
        const lost = this.#parts.supply.lostTo(error);
        if (!lost || !(await this.imported?.forget(lost, this.#call))) throw error;
      }
    }
  }

  /** Makes imported records, of which the layers are here now, records of this store. */
  async keep({ outcomes }: SolvedBuild): Promise<void> {
    if (this.imported) await keepImported(outcomes, this.imported, this.#parts);
  }

  /**
   * Members for the image's config: with `inline` the records of its steps. Nothing that
   * differs between two builds of the same is in them; `clamp` is in milliseconds.
   */
  async members(
    build: SolvedBuild,
    clamp: number | undefined,
  ): Promise<Readonly<Record<string, unknown>>> {
    if (!this.#caches.inline) return {};
    const { store } = this.#parts;
    const found = await shareable(build.outcomes, 'min', build.targets, {
      store,
      imported: this.imported,
    });
    const records = found.records.map(({ record, layers }) => ({
      layers,
      record: { ...record, took: 0, createdAt: Math.min(record.createdAt, clamp ?? Infinity) },
    }));
    return { [INLINE_KEY]: cacheMember(documentOf({ ...found, records }, new Map())) };
  }

  /** Writes every `--cache-to`, one after the other. Throws CacheExportError. */
  async export(build: SolvedBuild, guard: LeakGuard | undefined): Promise<void> {
    for (const target of this.#caches.to) {
      const parts = { ...this.#parts, imported: this.imported, guard };
      await exportCache(target, build, parts, this.#call);
    }
  }

  /** Fills a new cache mount from the caches; false when none of them has it. */
  async restoreMount(mount: CacheMount, directory: string, call: CallOptions): Promise<boolean> {
    if (!this.imported) return false;
    const { restoreMount } = await import('./restore-mount.ts');
    return restoreMount(this.imported, mount, directory, call);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.imported?.settled();
  }
}
