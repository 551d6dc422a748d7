import type { Clock } from '../base/clock.ts';
import { Problem } from './errors.ts';

/** As long as a storage keeps an upload without a byte, in milliseconds. */
const LIFE = 24 * 3600 * 1000;
/** The most that are known; of more the oldest belong to nobody. */
const KNOWN = 100_000;

interface Session {
  readonly holder: string;
  readonly owner: string | undefined;
  /** When it was last used, in milliseconds since 1970. */
  readonly at: number;
}

/**
 * Whose uploads are open. Known to this process only: after a restart an upload goes on for
 * whoever may push and knows its name, which nobody can guess.
 */
export class UploadSessions {
  readonly #limit: number;
  readonly #clock: Clock;
  readonly #sessions = new Map<string, Session>();
  readonly #open = new Map<string, Set<string>>();

  constructor(limit: number, clock: Clock) {
    this.#limit = limit;
    this.#clock = clock;
  }

  /** How many are open. */
  get count(): number {
    return this.#sessions.size;
  }

  /** Throws Problem 429 when a holder has as many as it may. */
  makeRoom(holder: string): void {
    this.#forget();
    if ((this.#open.get(holder)?.size ?? 0) < this.#limit) return;
    throw new Problem(429, 'TOOMANYREQUESTS', `more than ${this.#limit} uploads are open`, {
      'retry-after': '60',
    });
  }

  /** An upload has begun. `owner` is the user, if there is one: nobody else goes on with it. */
  begin(id: string, holder: string, owner: string | undefined): void {
    this.#sessions.set(id, { holder, owner, at: this.#clock.now().getTime() });
    const open = this.#open.get(holder) ?? new Set();
    this.#open.set(holder, open.add(id));
  }

  /** False when it is somebody else's. */
  touch(id: string, owner: string | undefined): boolean {
    const session = this.#sessions.get(id);
    if (!session) return true;
    if (session.owner !== owner) return false;
    // To the end: the first is the one without a byte for longest.
    this.#sessions.delete(id);
    this.#sessions.set(id, { ...session, at: this.#clock.now().getTime() });
    return true;
  }

  /** Those that the storage has given up, and the oldest of too many. */
  #forget(): void {
    const now = this.#clock.now().getTime();
    for (const [id, { at }] of this.#sessions) {
      if (now - at <= LIFE && this.#sessions.size < KNOWN) return;
      this.end(id);
    }
  }

  /** An upload is over. */
  end(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    const open = this.#open.get(session.holder);
    open?.delete(id);
    if (open?.size === 0) this.#open.delete(session.holder);
  }
}
