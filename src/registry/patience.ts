import { setTimeout as delay } from 'node:timers/promises';
import type { CallOptions } from '../base/progress.ts';
import { reporter } from '../base/reporter.ts';
import { NetError } from '../net/errors.ts';
import type { HttpResponse } from '../net/request.ts';
import { RegistryError } from './errors.ts';
import type { RegistrySettings } from './settings.ts';

/** Tries without progress after which it is over. */
const TRIES = 5;
/** Tries in a row in which nothing came until time was up. */
const STALLS = 3;
const FIRST_PAUSE = 500;
const LONGEST_PAUSE = 30_000;
/** The longest wait, in seconds, that a registry may ask for. */
const LONGEST_WAIT = 60;
/** What a server says when somebody behind it is in trouble. */
const PASSING: ReadonlySet<number> = new Set([408, 499, 500, 502, 503, 504, 522]);

/** Failures that the same request meets again. */
const LASTING =
  /^(?:CERT_|ERR_TLS|ERR_SSL|ENOTFOUND|EAI_|ECONNREFUSED|EPROTO|EHOSTUNREACH|ENETUNREACH|HPE_)|SELF_SIGNED|UNABLE_TO|CERT/;

/**
 * How often something is tried again, and after how long a pause. Whoever makes progress
 * starts counting anew.
 */
export class Patience {
  readonly #pause: number;
  readonly #most: number;
  readonly #call: CallOptions;
  #tries = 0;
  #stalls = 0;

  constructor({ pause = FIRST_PAUSE, tries = TRIES }: RegistrySettings, call: CallOptions = {}) {
    this.#pause = pause;
    this.#most = tries;
    this.#call = call;
  }

  /** The last try brought something. */
  progress(): void {
    this.#tries = 0;
    this.#stalls = 0;
  }

  /**
   * Waits before the next try, or throws `error` when it is of a kind that lasts or there were
   * enough. A server that was `reached` before may be starting again when it refuses connections.
   */
  async afterFailure(error: unknown, reached = true): Promise<void> {
    if (!isPassing(error, reached)) throw error;
    if (error instanceof NetError && error.errno === 'ETIMEDOUT') this.#stalls += 1;
    if (this.#stalls >= STALLS) throw error;
    await this.#wait(error);
  }

  /** Waits before the next try when the answer asks for one; otherwise says false. */
  async afterAnswer(response: HttpResponse): Promise<boolean> {
    if (response.status === 429) {
      const wait = retryAfter(response.headers['retry-after']);
      if (wait !== undefined && wait > LONGEST_WAIT) return false;
      this.#tries += 1;
      if (this.#tries >= this.#most) return false;
      await response.discard();
      // Without a word of the server, it is asked for less than after other failures.
      await this.#sleep(wait === undefined ? 4 * this.#backOff() : wait * 1000);
      return true;
    }
    if (!PASSING.has(response.status)) return false;
    this.#tries += 1;
    if (this.#tries >= this.#most) return false;
    await response.discard();
    await this.#sleep(this.#backOff());
    return true;
  }

  async #wait(error: unknown): Promise<void> {
    this.#tries += 1;
    if (this.#tries >= this.#most) throw error;
    await this.#sleep(this.#backOff());
  }

  #backOff(): number {
    const pause = Math.min(LONGEST_PAUSE, this.#pause * 2 ** Math.max(0, this.#tries - 1));
    return pause * (0.75 + Math.random() / 2);
  }

  async #sleep(milliseconds: number): Promise<void> {
    const { signal, progress } = this.#call;
    const seconds = Math.round(milliseconds / 1000);
    // What is shorter is hardly noticed.
    if (seconds > 0) reporter(progress).retry(seconds);
    await delay(milliseconds, undefined, signal && { signal });
  }
}

/** True for failures that may not come again. */
function isPassing(error: unknown, reached: boolean): boolean {
  if (error instanceof NetError) {
    if (reached && error.errno === 'ECONNREFUSED') return true;
    return !LASTING.test(error.errno ?? 'HPE_');
  }
  return error instanceof RegistryError && error.status !== undefined && PASSING.has(error.status);
}

/** Seconds to wait, from seconds or a date; undefined when the header says nothing. */
export function retryAfter(header: string | undefined, now = Date.now()): number | undefined {
  if (header === undefined) return undefined;
  if (/^\d+$/.test(header)) return Number(header);
  const date = Date.parse(header);
  return Number.isNaN(date) ? undefined : Math.max(0, (date - now) / 1000);
}
