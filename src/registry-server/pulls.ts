import type { Digest } from '../oci/digest.ts';

/** How often pulls are written down, and how exactly their time is known; in milliseconds. */
const INTERVAL = 60 * 1000;
const STEP = 3600 * 1000;
/** Pulls that are remembered before they are written down in any case. */
const LIMIT = 100_000;

/** Remembers which manifests were asked for, and hands them on once in a while. */
export class Pulls {
  readonly #write: (repository: string, digests: readonly Digest[]) => Promise<void>;
  /** What is to be handed on, by repository. */
  #fresh = new Map<string, Set<Digest>>();
  #count = 0;
  /** What was handed on in this step of time. */
  #known = new Set<string>();
  #since = Date.now();
  readonly #timer: NodeJS.Timeout;

  constructor(write: (repository: string, digests: readonly Digest[]) => Promise<void>) {
    this.#write = write;
    this.#timer = setInterval(() => void this.#tryFlush(), INTERVAL).unref();
  }

  add(repository: string, digest: Digest): void {
    const key = `${repository}@${digest}`;
    if (this.#known.has(key)) return;
    if (this.#count >= LIMIT || this.#known.size >= LIMIT) return;
    this.#known.add(key);
    this.#count += 1;
    const digests = this.#fresh.get(repository);
    if (digests) digests.add(digest);
    else this.#fresh.set(repository, new Set([digest]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#tryFlush();
  }

  /** On a disk that is full, for example, pulls are forgotten. Whoever retains by them looks at days. */
  async #tryFlush(): Promise<void> {
    try {
      await this.#flush();
    } catch {
      // The next pull is remembered again.
    }
  }

  async #flush(): Promise<void> {
    const fresh = this.#fresh;
    this.#fresh = new Map();
    this.#count = 0;
    if (Date.now() - this.#since > STEP || this.#known.size >= LIMIT) {
      this.#known = new Set();
      this.#since = Date.now();
    }
    for (const [repository, digests] of fresh) await this.#write(repository, [...digests]);
  }
}
