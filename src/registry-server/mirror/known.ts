import type { Clock } from '../../base/clock.ts';
import { BoundedMap } from '../access/bounded-map.ts';

/** Things that are remembered of upstreams: enough for all that is asked for within a few minutes. */
const LIMIT = 100_000;

interface Entry<V> {
  readonly value: V;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** What upstreams said, with its age. Of too many, those that were not asked for are forgotten. */
export class Known<V> {
  readonly #clock: Clock;
  readonly #entries: BoundedMap<Entry<V>>;

  constructor(clock: Clock, limit = LIMIT) {
    this.#clock = clock;
    this.#entries = new BoundedMap(limit);
  }

  set(key: string, value: V): void {
    this.#entries.set(key, { value, at: this.#clock.now().getTime() });
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  /** What is not older than so many milliseconds. A clock that was put back makes nothing younger. */
  get(key: string, life: number): V | undefined {
    const entry = this.#entries.get(key);
    if (!entry) return undefined;
    const age = this.#clock.now().getTime() - entry.at;
    return age >= 0 && age < life ? entry.value : undefined;
  }

  /** When it was said, in milliseconds since 1970. */
  since(key: string): number | undefined {
    return this.#entries.get(key)?.at;
  }
}

/** Lets those who ask for the same at the same time wait for the one who asked first. */
export class Together<V> {
  readonly #running = new Map<string, Promise<V>>();

  do(key: string, job: () => Promise<V>): Promise<V> {
    let running = this.#running.get(key);
    if (!running) {
      running = job().finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }
}
