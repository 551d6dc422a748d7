import type { Clock } from '../base/clock.ts';
import type { RegistryStorage } from './storage.ts';

/** How long an answer of the storage counts, and how long one is waited for; in milliseconds. */
const LIFE = 5000;
const PATIENCE = 5000;

/** What finding out needs. */
interface HealthParts {
  readonly readOnly: boolean;
  readonly clock: Clock;
  /** Is told when the storage stops working. */
  readonly onFailure: (error: unknown, word: string) => void;
}

/** Tells whether a storage works, without asking it each time. */
export class StorageHealth {
  readonly #storage: RegistryStorage;
  readonly #parts: HealthParts;
  #asked = -Infinity;
  #answer: boolean | Promise<boolean> = true;
  #wasGood = true;

  constructor(storage: RegistryStorage, parts: HealthParts) {
    this.#storage = storage;
    this.#parts = parts;
  }

  isGood(): boolean | Promise<boolean> {
    if (!this.#storage.probe) return true;
    const now = this.#parts.clock.now().getTime();
    if (Math.abs(now - this.#asked) < LIFE) return this.#answer;
    this.#asked = now;
    const answer = this.#ask();
    this.#answer = answer;
    return answer;
  }

  async #ask(): Promise<boolean> {
    const late = Promise.withResolvers<never>();
    const timer = setTimeout(() => late.reject(new Error('the storage does not answer')), PATIENCE);
    try {
      await Promise.race([this.#storage.probe?.(this.#parts.readOnly), late.promise]);
      this.#wasGood = true;
    } catch (error) {
      if (this.#wasGood) this.#parts.onFailure(error, 'storage');
      this.#wasGood = false;
    } finally {
      clearTimeout(timer);
    }
    return this.#wasGood;
  }
}
