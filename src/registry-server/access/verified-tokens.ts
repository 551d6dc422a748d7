import { createHmac, randomBytes } from 'node:crypto';
import type { Clock } from '../../base/clock.ts';
import type { Caller } from './access.ts';
import { BoundedMap } from './bounded-map.ts';
import { type Claims, keyIdOf, readToken, type TokenKey } from './jwt.ts';
import { grantsOf, parseScope, type Scope, SCOPE_LIMIT } from './scopes.ts';

/** Tokens that need not be verified again until they end. */
const REMEMBERED_LIMIT = 10_000;
const NAME_LIMIT = 255;

/** Who signs tokens for whom. */
export interface TokenParties {
  readonly issuer: string;
  readonly audience: string;
  readonly type?: string;
  /** The keys that are known, one with this name among them if there is one. */
  readonly keys: (id: string | undefined) => readonly TokenKey[];
  /** Asks for keys, when none that is known has that name. */
  readonly refresh?: () => Promise<void>;
}

/** Verifies tokens, each once. */
export class VerifiedTokens {
  readonly #parties: TokenParties;
  readonly #clock: Clock;
  readonly #secret = randomBytes(32);
  readonly #known = new BoundedMap<{ readonly caller: Caller; readonly until: number }>(
    REMEMBERED_LIMIT,
  );

  constructor(parties: TokenParties, clock: Clock) {
    this.#parties = parties;
    this.#clock = clock;
  }

  /** Who has a token, and what it allows; undefined when it is not good. */
  identify(token: string): Caller | undefined | Promise<Caller | undefined> {
    const key = createHmac('sha256', this.#secret).update(token).digest('base64');
    const known = this.#known.get(key);
    if (known) {
      if (this.#clock.now().getTime() < known.until) return known.caller;
      this.#known.delete(key);
    }
    const id = keyIdOf(token);
    const { keys, refresh } = this.#parties;
    const found = keys(id);
    const isKnown = found.length > 0 && (id === undefined || found.some((k) => k.ids.includes(id)));
    if (isKnown || !refresh) return this.#verify(key, token, found);
    return refresh().then(() => this.#verify(key, token, keys(id)));
  }

  #verify(key: string, token: string, keys: readonly TokenKey[]): Caller | undefined {
    const now = this.#clock.now().getTime() / 1000;
    const claims = readToken(token, keys, { ...this.#parties, now });
    const caller = claims && callerOf(claims);
    if (caller) this.#known.set(key, { caller, until: Number(claims['exp']) * 1000 });
    return caller;
  }
}

/** Undefined when the claims are not what a token of a registry has. */
function callerOf({ sub = '', access = [] }: Claims): Caller | undefined {
  if (typeof sub !== 'string' || sub.length > NAME_LIMIT) return undefined;
  if (!Array.isArray(access) || access.length > SCOPE_LIMIT) return undefined;
  const scopes = access.flatMap((entry: Partial<Record<keyof Scope, unknown>> | null) => {
    const { type, name, actions } = entry ?? {};
    if (!Array.isArray(actions)) return [];
    return parseScope(`${String(type)}:${String(name)}:${actions.join(',')}`) ?? [];
  });
  return { name: sub === '' ? undefined : sub, by: 'token', grants: grantsOf(scopes) };
}
