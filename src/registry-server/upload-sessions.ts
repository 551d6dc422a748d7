import type { Clock } from '../base/clock.ts';
import { Problem } from './errors.ts';

/** As long as a storage keeps an upload without a byte, in milliseconds. */
const LIFE = 24 * 3600 * 1000;

interface Session {
  readonly holder: string;
  readonly owner: string | undefined;
  at: number;
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

  /** Throws Problem 429 when a holder has as many as it may. */
  makeRoom(holder: string): void {
    const now = this.#clock.now().getTime();
    const open = this.#open.get(holder);
    if (!open || open.size < this.#limit) return;
    for (const id of open) {
      if (now - (this.#sessions.get(id)?.at ?? 0) > LIFE) this.end(id);
    }
    if (open.size < this.#limit) return;
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
    session.at = this.#clock.now().getTime();
    return session.owner === owner;
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
