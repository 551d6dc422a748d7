import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import { Problem } from '../errors.ts';
import type { Caller } from './access.ts';
import { BcryptThread } from './bcrypt-thread.ts';
import { BoundedMap } from './bounded-map.ts';
import { Buckets, subscriber } from './buckets.ts';
import { impossibleHash, type Users } from './htpasswd.ts';

/** How long a password need not be checked again, in milliseconds, and for how many. */
const REMEMBERED = 10 * 60_000;
const REMEMBERED_LIMIT = 10_000;
/** Bytes of `name:password`; passwords that are being checked. */
const CREDENTIALS_LIMIT = 1024;
const PENDING_LIMIT = 64;
/** What an address may get wrong, whoever it claims to be, in relation to one user. */
const USERS_OF_ADDRESS = 5;

interface Known {
  readonly caller: Caller;
  /** It was right for this hash. */
  readonly hash: string;
  readonly until: number;
}

/**
 * Checks names and passwords. bcrypt runs once for each, in a thread; afterwards a keyed hash of
 * what was sent is enough for a while. Wrong ones are limited for each address.
 */
export class Passwords implements Disposable {
  readonly #users: () => Users;
  readonly #clock: Clock;
  readonly #thread = new BcryptThread();
  readonly #secret = randomBytes(32);
  readonly #known = new BoundedMap<Known>(REMEMBERED_LIMIT);
  readonly #running = new Map<string, Promise<Caller | undefined>>();
  readonly #ofUser: Buckets;
  readonly #ofAddress: Buckets;

  /** `failures` is how many wrong passwords an address may send in a minute for one user. */
  constructor(users: () => Users, clock: Clock, failures: number) {
    this.#users = users;
    this.#clock = clock;
    this.#ofUser = new Buckets(failures, failures / 60, clock);
    const all = failures * USERS_OF_ADDRESS;
    this.#ofAddress = new Buckets(all, all / 60, clock);
  }

  /**
   * Who sent `Basic` credentials, the part in base64; undefined when they are wrong. Throws
   * Problem 429 for who has been wrong too often.
   */
  identify(encoded: string, address: string): Caller | undefined | Promise<Caller | undefined> {
    // Far too long for a name and a password: not worth a hash.
    if (encoded.length > CREDENTIALS_LIMIT * 2) return undefined;
    const key = createHmac('sha256', this.#secret).update(encoded).digest('base64');
    const known = this.#known.get(key);
    if (known && this.#isGood(known)) return known.caller;
    const credentials = decoded(encoded);
    if (!credentials) return undefined;
    const running = this.#running.get(key);
    if (running) return running;
    const check = this.#check(key, credentials, address);
    this.#running.set(key, check);
    return check.finally(() => this.#running.delete(key));
  }

  /** The hash of a user's password; undefined for nobody's name. */
  hashOf(name: string): string | undefined {
    return this.#users().hashes.get(name);
  }

  [Symbol.dispose](): void {
    this.#thread[Symbol.dispose]();
  }

  #isGood({ caller, hash, until }: Known): boolean {
    return (
      this.#clock.now().getTime() < until &&
      caller.name !== undefined &&
      this.hashOf(caller.name) === hash
    );
  }

  async #check(
    key: string,
    { name, password }: { readonly name: string; readonly password: string },
    address: string,
  ): Promise<Caller | undefined> {
    const from = subscriber(address);
    const buckets = [
      { bucket: this.#ofUser, key: `${from} ${name}` },
      { bucket: this.#ofAddress, key: from },
    ];
    // Taken before it is known to be wrong: many at once must not get past the limit.
    const wait = Math.max(...buckets.map((one) => one.bucket.take(one.key)));
    const giveBack = (): void => buckets.forEach((one) => one.bucket.giveBack(one.key));
    if (wait > 0) throw tooMany('too many wrong passwords', wait);
    if (this.#thread.pending >= PENDING_LIMIT) {
      giveBack();
      throw tooMany('too many logins at a time', 1);
    }
    const { hashes, cost } = this.#users();
    const hash = hashes.get(name);
    // Whether somebody is known must not be told by how long it takes.
    const isRight = await this.#thread.check(password, hash ?? impossibleHash(cost));
    if (!isRight || hash === undefined) return undefined;
    giveBack();
    const caller: Caller = { name, by: 'password' };
    const until = this.#clock.now().getTime() + REMEMBERED;
    this.#known.set(key, { caller, hash, until });
    return caller;
  }
}

function tooMany(message: string, seconds: number): Problem {
  return new Problem(429, 'TOOMANYREQUESTS', message, { 'retry-after': String(seconds) });
}

/** Name and password. bcrypt would not see what is behind a NUL. */
function decoded(
  encoded: string,
): { readonly name: string; readonly password: string } | undefined {
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) return undefined;
  const text = Buffer.from(encoded, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1 || text.includes('\0') || Buffer.byteLength(text) > CREDENTIALS_LIMIT) {
    return undefined;
  }
  return { name: text.slice(0, colon), password: text.slice(colon + 1) };
}
