import type { FileStorage } from '../file-storage.ts';
import { RegistryDataError } from '../errors.ts';
import { compactJournals } from './compact.ts';
import { openControl } from './control.ts';
import { carryOut, type Order } from './orders.ts';
import type { Quarantined } from './quarantine.ts';
import type { TagRules } from './rules.ts';
import { readScrubState, scrub, type ScrubState } from './scrub.ts';

/** How soon after the start the first round comes, and how often journals are looked at. */
const FIRST = 10 * 60 * 1000;
const COMPACTION = 10 * 60 * 1000;

/** How a registry keeps itself in order. Times are in milliseconds. */
export interface KeepSettings {
  /** How often retention and collection run; 0 for never. */
  readonly every: number;
  /** What was of use less than this ago is not collected. */
  readonly grace: number;
  readonly rules: TagRules;
  /** Nothing is changed: no rounds, no check of contents, no orders but to look. */
  readonly readOnly: boolean;
  /** Bytes that the check of all contents reads in a second; 0 for no check. */
  readonly scrubRate: number;
  /** How long after the beginning of one check the next one begins. */
  readonly scrubEvery: number;
}

/** What happened, for the log. */
export type KeepEvent =
  | {
      readonly kind: 'collected';
      readonly removed: number;
      /** Bytes that the disk has got back. */
      readonly bytes: number;
      /** How long it took, in milliseconds. */
      readonly time: number;
    }
  | { readonly kind: 'retained'; readonly removed: number }
  | { readonly kind: 'damaged'; readonly found: Quarantined }
  | { readonly kind: 'scrubbed'; readonly state: ScrubState }
  | { readonly kind: 'failed'; readonly error: unknown };

/** Figures since the start, for metrics. */
export interface KeepFigures {
  readonly collections: number;
  readonly collectedBytes: number;
  /** In milliseconds, of all collections. */
  readonly collectionTime: number;
  readonly retained: number;
  readonly failures: number;
  readonly scrub: ScrubState;
}

/** What runs beside a registry in files: rounds, the check of contents, orders at its socket. */
export class Keeper implements AsyncDisposable {
  readonly #storage: FileStorage;
  #settings: KeepSettings;
  readonly #tell: (event: KeepEvent) => void;
  readonly #stop = new AbortController();
  readonly #running = new Set<Promise<void>>();
  readonly #timers: NodeJS.Timeout[] = [];
  #isCollecting = false;
  #control: AsyncDisposable | undefined;
  readonly #figures = {
    collections: 0,
    collectedBytes: 0,
    collectionTime: 0,
    retained: 0,
    failures: 0,
  };

  private constructor(
    storage: FileStorage,
    settings: KeepSettings,
    tell: (event: KeepEvent) => void,
  ) {
    this.#storage = storage;
    this.#settings = settings;
    this.#tell = tell;
  }

  /** Begins to keep a registry in order, and to take orders. */
  static async open(
    storage: FileStorage,
    settings: KeepSettings,
    tell: (event: KeepEvent) => void,
  ): Promise<Keeper> {
    const keeper = new Keeper(storage, settings, tell);
    const { every, readOnly, scrubRate, scrubEvery } = settings;
    keeper.#control = await openControl(storage.parts.paths.control, (order, signal) =>
      keeper.#carry(order, signal),
    );
    if (readOnly) return keeper;
    if (every > 0) keeper.#each(every, () => keeper.round());
    keeper.#each(COMPACTION, () => keeper.#compact());
    if (scrubRate > 0) keeper.#each(Math.min(scrubEvery, FIRST), () => keeper.#scrub());
    return keeper;
  }

  get figures(): KeepFigures {
    return { ...this.#figures, scrub: readScrubState(this.#storage.parts.paths.scrub) };
  }

  /** From the next round on. */
  setRules(rules: TagRules): void {
    this.#settings = { ...this.#settings, rules };
  }

  /** Retention, then collection, now. Nothing when one is running. */
  async round(): Promise<void> {
    if (this.#isCollecting) return;
    const { signal } = this.#stop;
    const { grace } = this.#settings;
    const start = Date.now();
    let removed = 0;
    let bytes = 0;
    let retained = 0;
    for await (const row of this.#carry({ order: 'retain', dryRun: false }, signal)) {
      if ('removed' in row && row.removed) retained += 1;
    }
    for await (const row of this.#carry({ order: 'collect', grace, dryRun: false }, signal)) {
      if (!('kind' in row) || !row.removed) continue;
      removed += 1;
      if (row.kind !== 'blob') bytes += row.size;
    }
    const time = Date.now() - start;
    this.#figures.collections += 1;
    this.#figures.collectedBytes += bytes;
    this.#figures.collectionTime += time;
    this.#figures.retained += retained;
    if (retained > 0) this.#tell({ kind: 'retained', removed: retained });
    if (removed > 0) this.#tell({ kind: 'collected', removed, bytes, time });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#control?.[Symbol.asyncDispose]();
    await Promise.allSettled(this.#running);
  }

  /** One collection or retention at a time. */
  async *#carry(order: Order, signal: AbortSignal): ReturnType<typeof carryOut> {
    const isLook = order.order === 'log' || ('dryRun' in order && order.dryRun);
    if (this.#settings.readOnly && !isLook) {
      throw new RegistryDataError('the registry is read-only');
    }
    const changesMuch = order.order === 'collect' || order.order === 'retain';
    if (changesMuch && this.#isCollecting) {
      throw new RegistryDataError('the registry is collecting already');
    }
    const either = AbortSignal.any([signal, this.#stop.signal]);
    if (changesMuch) this.#isCollecting = true;
    try {
      yield* carryOut(this.#storage, this.#settings.rules, order, either);
    } finally {
      if (changesMuch) this.#isCollecting = false;
    }
  }

  async #compact(): Promise<void> {
    await compactJournals(this.#storage.parts, { signal: this.#stop.signal });
  }

  async #scrub(): Promise<void> {
    const { clock, paths } = this.#storage.parts;
    const { scrubEvery, scrubRate: bytesPerSecond } = this.#settings;
    const { position, started = 0 } = readScrubState(paths.scrub);
    const isDue = position !== undefined || clock.now().getTime() - started >= scrubEvery;
    if (!isDue) return;
    const { signal } = this.#stop;
    const onDamage = (found: Quarantined): void => this.#tell({ kind: 'damaged', found });
    const state = await scrub(this.#storage.parts, { bytesPerSecond, signal, onDamage });
    if (state.position === undefined) this.#tell({ kind: 'scrubbed', state });
  }

  /** Runs a job again and again, never twice at once. */
  #each(interval: number, job: () => Promise<void>): void {
    const index = this.#timers.length;
    const next = (delay: number): void => {
      const timer = setTimeout(() => {
        const done = job()
          .catch((error: unknown) => {
            if (this.#stop.signal.aborted) return;
            this.#figures.failures += 1;
            this.#tell({ kind: 'failed', error });
          })
          .finally(() => {
            this.#running.delete(done);
            if (!this.#stop.signal.aborted) next(interval);
          });
        this.#running.add(done);
      }, delay);
      timer.unref();
      this.#timers[index] = timer;
    };
    next(Math.min(interval, FIRST));
  }
}
