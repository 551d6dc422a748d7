import { readFileSync, statSync } from 'node:fs';
import type { Clock } from '../../base/clock.ts';
import { InvalidInputError } from '../../base/errors.ts';

/** How often a file is looked at, in milliseconds, and its most bytes. */
const INTERVAL = 1000;
const SIZE_LIMIT = 16 * 1024 * 1024;

/**
 * What a file says, read again when the file has changed. A file that cannot be read any more
 * leaves what it said before in force.
 */
export class WatchedFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  readonly #clock: Clock;
  readonly #onFailure: (error: unknown) => void;
  #value: T;
  #state: string;
  #looked: number;

  /** Throws InvalidInputError when it cannot be read now, and what `parse` throws. */
  constructor(
    path: string,
    parse: (text: string) => T,
    clock: Clock,
    onFailure: (error: unknown) => void,
  ) {
    this.#path = path;
    this.#parse = parse;
    this.#clock = clock;
    this.#onFailure = onFailure;
    this.#looked = clock.now().getTime();
    // In this order: what is written in between is read once more.
    this.#state = stateOf(path);
    this.#value = parse(contentOf(path));
  }

  /** What it says, as of the last second. */
  get value(): T {
    const now = this.#clock.now().getTime();
    if (Math.abs(now - this.#looked) < INTERVAL) return this.#value;
    this.#looked = now;
    this.look();
    return this.#value;
  }

  /** Looks now. */
  look(): void {
    let state = 'none';
    try {
      state = stateOf(this.#path);
      if (state !== this.#state) this.#value = this.#parse(contentOf(this.#path));
    } catch (error) {
      // Once for each state of the file.
      if (state !== this.#state) this.#onFailure(error);
    }
    this.#state = state;
  }
}

function stateOf(path: string): string {
  try {
    const { ino, size, mtimeNs, ctimeNs } = statSync(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs} ${ctimeNs}`;
  } catch (error) {
    throw new InvalidInputError(`cannot read ${path}`, { cause: error });
  }
}

function contentOf(path: string): string {
  try {
    if (statSync(path).size > SIZE_LIMIT) {
      throw new InvalidInputError(`${path} has more than ${SIZE_LIMIT} bytes`);
    }
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof InvalidInputError) throw error;
    throw new InvalidInputError(`cannot read ${path}`, { cause: error });
  }
}
