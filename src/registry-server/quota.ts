import type { Clock } from '../base/clock.ts';
import { BoundedMap } from './access/bounded-map.ts';
import { Problem } from './errors.ts';
import type { RegistryStorage } from './storage.ts';

/** How long a size is taken for right without being looked at, in milliseconds. */
const GOOD_FOR = 10_000;
const REPOSITORIES = 10_000;

interface Known {
  used: number;
  readonly until: number;
}

/** Keeps repositories below a size. Sizes are measured now and then, and counted up in between. */
export class Quota {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #known = new BoundedMap<Known>(REPOSITORIES);

  /** `limit` is in bytes. */
  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** Bytes that a repository may still take. */
  async room(storage: RegistryStorage, repository: string): Promise<number> {
    const now = this.#clock.now().getTime();
    const known = this.#known.get(repository);
    if (known && now < known.until) return this.#limit - known.used;
    const used = (await storage.repositorySize?.(repository)) ?? 0;
    this.#known.set(repository, { used, until: now + GOOD_FOR });
    return this.#limit - used;
  }

  /** A repository has taken so many bytes. */
  add(repository: string, bytes: number): void {
    const known = this.#known.get(repository);
    if (known) known.used += bytes;
  }
}

/** The refusal of what a repository has no room for. */
export function repositoryFull(): Problem {
  return new Problem(403, 'DENIED', 'the repository has no room for it');
}
