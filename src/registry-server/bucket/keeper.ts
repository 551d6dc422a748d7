import { RegistryDataError } from '../errors.ts';
import type { KeepEvent } from '../maintenance/keeper.ts';
import type { BucketStorage } from './bucket-storage.ts';
import type { Collected } from './collect.ts';

/** How a registry in a bucket keeps itself in order. Times are in milliseconds. */
export interface BucketKeepSettings {
  /** How often it is collected; 0 for never. */
  readonly every: number;
  /** What was of use less than this ago is not collected; two hours at least. */
  readonly grace: number;
}

/** How soon after the start the first round comes. */
const FIRST = 10 * 60 * 1000;

/** Collects now and then beside a registry in a bucket. */
export class BucketKeeper implements AsyncDisposable {
  readonly #storage: BucketStorage;
  readonly #settings: BucketKeepSettings;
  readonly #tell: (event: KeepEvent) => void;
  readonly #stop = new AbortController();
  #timer: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();

  constructor(
    storage: BucketStorage,
    settings: BucketKeepSettings,
    tell: (event: KeepEvent) => void,
  ) {
    this.#storage = storage;
    this.#settings = settings;
    this.#tell = tell;
    if (settings.every > 0) this.#next(Math.min(settings.every, FIRST));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort(new RegistryDataError('the registry ends'));
    clearTimeout(this.#timer);
    await this.#running;
  }

  #next(delay: number): void {
    this.#timer = setTimeout(() => {
      this.#running = this.#round().then(() => {
        if (!this.#stop.signal.aborted) this.#next(this.#settings.every);
      });
    }, delay).unref();
  }

  async #round(): Promise<void> {
    const start = Date.now();
    const rows: Pick<Collected, 'kind' | 'size'>[] = [];
    try {
      const { grace } = this.#settings;
      for await (const row of this.#storage.collect(grace, this.#stop.signal)) {
        rows.push({ kind: row.kind, size: row.size });
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) this.#tell({ kind: 'failed', error });
    }
    if (rows.length === 0) return;
    const bytes = rows.reduce((sum, { kind, size }) => sum + (kind === 'blob' ? 0 : size), 0);
    this.#tell({ kind: 'collected', removed: rows.length, bytes, time: Date.now() - start });
  }
}
