import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { Problem } from '../errors.ts';
import {
  type Access,
  type Action,
  type Caller,
  type Need,
  NOBODY,
  type OwnMethods,
} from './access.ts';
import { type Asking, unauthorized } from './challenge.ts';
import type { Passwords } from './passwords.ts';
import type { Peers } from './peers.ts';
import type { Rules } from './rules.ts';
import { isGranted } from './scopes.ts';
import { credentialsOf } from './token-service.ts';
import type { VerifiedTokens } from './verified-tokens.ts';

/** How long a connection that shows the same again is believed, in milliseconds. */
const SAME_AGAIN = 1000;

/** What access by rules is made of. */
export interface RuledParts {
  readonly peers: Peers;
  readonly clock: Clock;
  /** Undefined when tokens of another service decide alone. */
  readonly rules: Rules | undefined;
  readonly passwords: Passwords | undefined;
  readonly tokens: VerifiedTokens | undefined;
  /** Certificates of clients say who they are. */
  readonly certificates: boolean;
  /** How those are asked who have shown nothing; undefined when there is no way to sign in. */
  readonly asking: ((request: IncomingMessage) => Asking) | undefined;
  readonly addresses: ReadonlyMap<string, OwnMethods>;
}

interface Shown {
  readonly authorization: string;
  readonly caller: Caller;
  /** In milliseconds since 1970. */
  readonly at: number;
}

/** Access for those who show a password, a token or a certificate, by rules. */
export class RuledAccess implements Access {
  readonly #parts: RuledParts;
  /** What connections showed last, so that not even a hash is needed for each request. */
  readonly #shown = new WeakMap<Socket, Shown>();
  readonly addresses: ReadonlyMap<string, OwnMethods>;

  constructor(parts: RuledParts) {
    this.#parts = parts;
    this.addresses = parts.addresses;
  }

  identify(request: IncomingMessage): Caller | Promise<Caller> {
    const { certificates, peers } = this.#parts;
    const { authorization } = request.headers;
    if (authorization === undefined) {
      const name = certificates ? peers.certificateName(request) : undefined;
      return name === undefined ? NOBODY : { name, by: 'certificate' };
    }
    const now = this.#parts.clock.now().getTime();
    const shown = this.#shown.get(request.socket);
    if (shown?.authorization === authorization && Math.abs(now - shown.at) < SAME_AGAIN) {
      return shown.caller;
    }
    const caller = this.#identify(request);
    if (!(caller instanceof Promise)) {
      this.#shown.set(request.socket, { authorization, caller, at: now });
    }
    return caller;
  }

  #identify(request: IncomingMessage): Caller | Promise<Caller> {
    const { passwords, tokens, peers } = this.#parts;
    const bearer = tokens && credentialsOf(request, 'Bearer');
    if (bearer !== undefined) return this.#known(request, tokens?.identify(bearer), true);
    const basic = passwords && credentialsOf(request, 'Basic');
    if (basic === undefined) throw this.#unknown(request, false);
    return this.#known(request, passwords?.identify(basic, peers.addressOf(request)), false);
  }

  refusal(request: IncomingMessage, caller: Caller, need: Need): Problem | undefined {
    const { asking } = this.#parts;
    if (this.#suffices(caller, need)) return undefined;
    const denied = new Problem(403, 'DENIED', 'the rules of this registry do not allow it');
    // Asking makes sense when another answer could come of it.
    const could =
      caller.by === 'nothing' || (caller.by === 'token' && this.#couldGet(caller, need));
    if (!asking || !could) return denied;
    return unauthorized(
      asking(request),
      need,
      caller.by === 'token' ? 'insufficient_scope' : undefined,
    );
  }

  may(caller: Caller, repository: string, action: Action): boolean {
    const { rules } = this.#parts;
    const { grants, name } = caller;
    if (grants && !isGranted(grants, repository, action)) return false;
    return rules?.allow(name, repository, action) ?? grants !== undefined;
  }

  seesAll({ grants, name }: Caller): boolean {
    return grants === undefined && (this.#parts.rules?.allowAll(name) ?? false);
  }

  mayList(caller: Caller, repository: string): boolean {
    const { rules } = this.#parts;
    return rules ? rules.allow(caller.name, repository, 'pull') : caller.grants !== undefined;
  }

  addressOf(request: IncomingMessage): string {
    return this.#parts.peers.addressOf(request);
  }

  [Symbol.dispose](): void {
    this.#parts.passwords?.[Symbol.dispose]();
  }

  #suffices(caller: Caller, need: Need): boolean {
    const { rules, asking } = this.#parts;
    switch (need.kind) {
      case 'nothing':
        return true;
      case 'a greeting':
        return caller.by !== 'nothing' || !asking;
      case 'catalog':
        if (caller.grants && !caller.grants.catalog) return false;
        return caller.by !== 'nothing' || (rules?.allowAny(undefined) ?? false);
      case 'repository':
        return (
          this.may(caller, need.repository, need.action) && !this.#lacksSource(caller, need.source)
        );
    }
  }

  /** Another token of theirs would do for taking over a blob. Without it they upload. */
  #lacksSource(caller: Caller, source: string | undefined): boolean {
    const { rules } = this.#parts;
    if (source === undefined || caller.by !== 'token' || this.may(caller, source, 'pull')) {
      return false;
    }
    return caller.name !== undefined && (rules?.allow(caller.name, source, 'pull') ?? false);
  }

  /** Another token, or signing in, might do. */
  #couldGet(caller: Caller, need: Need): boolean {
    const { rules } = this.#parts;
    if (!rules || caller.name === undefined || need.kind !== 'repository') return true;
    return rules.allow(caller.name, need.repository, need.action);
  }

  #known(
    request: IncomingMessage,
    found: Caller | undefined | Promise<Caller | undefined>,
    isToken: boolean,
  ): Caller | Promise<Caller> {
    if (found instanceof Promise) {
      return found.then((caller) => this.#known(request, caller, isToken));
    }
    const { rules, passwords } = this.#parts;
    // Users who are gone have no more use of the tokens that they still have.
    const isGone =
      isToken && rules && found?.name !== undefined && passwords?.hashOf(found.name) === undefined;
    if (!found || isGone) throw this.#unknown(request, isToken);
    return found;
  }

  #unknown(request: IncomingMessage, isToken: boolean): Problem {
    const { asking } = this.#parts;
    if (!asking) return new Problem(403, 'DENIED', 'nobody can sign in here');
    return unauthorized(
      asking(request),
      { kind: 'nothing' },
      isToken ? 'invalid_token' : undefined,
    );
  }
}
