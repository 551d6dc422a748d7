import type { RegistryStorage } from '../storage.ts';
import { reasonOf } from './failure.ts';
import { sync } from './sync.ts';
import type { SyncRow } from './sync-row.ts';
import type { SyncSettings } from './sync-settings.ts';
import { Upstream, type UpstreamParts } from './upstream.ts';

const DAY = 24 * 3_600_000;

/** What jobs work with while a registry runs. */
export interface RoundParts extends UpstreamParts {
  readonly storage: RegistryStorage;
  readonly isMirrored: (repository: string) => boolean;
  /** Is told of each thing that was done. */
  readonly said: (row: SyncRow) => void;
}

/** Carries a job out once. Throws what {@link Upstream} throws, and what the signal says. */
export async function* syncOnce(
  job: SyncSettings,
  parts: Omit<RoundParts, 'said'> & { readonly dryRun: boolean; readonly signal: AbortSignal },
): AsyncGenerator<SyncRow, void> {
  using upstream = new Upstream(job, parts);
  const { storage, isMirrored, dryRun, signal } = parts;
  yield* sync(job, { upstream, storage, isMirrored, dryRun, signal });
}

/** Jobs on their schedules, each at the start and then after each of its intervals. */
export class SyncRounds implements AsyncDisposable {
  readonly #parts: RoundParts;
  readonly #stop = new AbortController();
  readonly #running: Promise<void>[];

  constructor(jobs: readonly SyncSettings[], parts: RoundParts) {
    this.#parts = parts;
    this.#running = jobs.map((job) => this.#follow(job));
  }

  /** Settles when no job will be carried out any more. */
  get done(): Promise<unknown> {
    return Promise.allSettled(this.#running);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort();
    await this.done;
  }

  async #follow(job: SyncSettings): Promise<void> {
    const { signal } = this.#stop;
    const { every = DAY } = job;
    for (;;) {
      try {
        for await (const row of syncOnce(job, { ...this.#parts, dryRun: false, signal })) {
          this.#parts.said(row);
        }
      } catch (error) {
        if (!signal.aborted) this.#parts.tell(`sync from ${job.upstream}: ${reasonOf(error)}`);
      }
      if (every > 0) await this.#wait(every);
      if (every === 0 || signal.aborted) return;
    }
  }

  #wait(time: number): Promise<void> {
    const { signal } = this.#stop;
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, Math.min(time, 2 ** 31 - 1)).unref();
      signal.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          resolve();
        },
        { once: true },
      );
      if (signal.aborted) resolve();
    });
  }
}
