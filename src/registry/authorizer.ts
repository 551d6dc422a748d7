import type { CallOptions } from '../base/progress.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import { type Credentials, findCredentials } from './credentials.ts';
import { NO_CREDENTIALS, RegistryAccessError } from './errors.ts';
import { isInsecure } from './host.ts';
import { basicHeader, fetchToken, type Token } from './tokens.ts';
import type { Wire } from './wire.ts';

/** How long before the end of its life a token is replaced, in milliseconds. */
const MARGIN = 5_000;

interface Kept {
  readonly token: Promise<Token>;
  /** It was good for some request: a later refusal says that it is used up. */
  worked: boolean;
  value?: Token;
}

/** How one request was allowed; handed back when it is refused or went well. */
export interface Permission {
  readonly header: string | undefined;
  readonly kept?: Kept;
}

/**
 * Who we are to one registry: finds credentials when they are first asked for, fetches tokens
 * for the scopes of each request, and renews them when the registry no longer takes them.
 */
export class Authorizer {
  readonly #registry: string;
  readonly #wire: Wire;
  readonly #given: Credentials | undefined;
  readonly #offline: boolean;
  readonly #tokens = new Map<string, Kept>();
  readonly #credentials = new Map<string, Promise<Credentials | undefined>>();
  /** Scopes that a registry wants for what others give for less, by those that it was asked with. */
  readonly #wider = new Map<string, string>();
  #challenge: Challenge | undefined;
  #identity: string | undefined;

  /** With `offline`, token services are asked for what stands for the password later. */
  constructor(registry: string, wire: Wire, credentials?: Credentials, offline = false) {
    this.#registry = registry;
    this.#wire = wire;
    this.#given = credentials;
    this.#offline = offline;
  }

  /** What a token service gave to stand for the password. */
  get identity(): string | undefined {
    return this.#identity;
  }

  /**
   * What a request for these scopes shows. Nothing before the first refusal: a registry that
   * asks for nothing is told nothing.
   */
  async permission(base: URL, scopes: readonly string[], call: CallOptions): Promise<Permission> {
    const challenge = this.#challenge;
    if (!challenge) return { header: undefined };
    const isPlain = base.protocol === 'http:' && !isInsecure(base.host, this.#wire.settings);
    const credentials = isPlain ? undefined : await this.#found(scopes, call);
    if (challenge.scheme === 'basic') {
      if (isPlain) throw this.#notInTheOpen(base);
      const header = credentials && basicHeader(credentials);
      if (header === undefined) throw this.#nothingKnown();
      return { header };
    }
    if (credentials?.registryToken !== undefined) {
      return { header: `Bearer ${credentials.registryToken}` };
    }
    const key = [...scopes].sort().join(' ');
    let kept = this.#tokens.get(key);
    if (!kept || (kept.value && kept.value.expires - MARGIN < Date.now())) {
      const token = fetchToken(
        this.#wire,
        {
          registry: this.#registry,
          base,
          challenge,
          scopes: this.#wider.get(key)?.split(' ') ?? scopes,
          credentials,
          offline: this.#offline,
        },
        call,
      );
      const fresh: Kept = { token, worked: false };
      kept = fresh;
      this.#tokens.set(key, fresh);
      token.then(
        (value) => {
          fresh.value = value;
          this.#identity ??= value.identity;
        },
        () => this.#tokens.get(key) === fresh && this.#tokens.delete(key),
      );
    }
    return { header: `Bearer ${(await kept.token).text}`, kept };
  }

  /** Whether the registry has ever said how it lets itself be asked. */
  get isChallenged(): boolean {
    return this.#challenge !== undefined;
  }

  /** The request was let in. */
  worked({ kept }: Permission): void {
    if (kept) kept.worked = true;
  }

  /**
   * Takes in why a request was refused. True when asking again makes sense: nothing was shown
   * yet, or a token was shown that had been good before.
   */
  refused(permission: Permission, header: string | undefined): boolean {
    const before = this.#challenge;
    const known = parseChallenges(header ?? '').filter(({ scheme }) => SCHEMES.has(scheme));
    // Bearer is the better of the two where a registry offers both.
    this.#challenge = known.find(({ scheme }) => scheme === 'bearer') ?? known[0] ?? before;
    const { kept } = permission;
    if (kept) {
      let again = kept.worked;
      for (const [key, one] of this.#tokens) {
        if (one !== kept) continue;
        this.#tokens.delete(key);
        again ||= this.#widen(key);
      }
      return again;
    }
    return permission.header === undefined && this.#challenge !== undefined;
  }

  /** Takes the scope that the registry names, once, when it is about the same repository. */
  #widen(key: string): boolean {
    const { parameters } = this.#challenge ?? {};
    const named = parameters?.get('scope') ?? '';
    if (parameters?.get('error') !== 'insufficient_scope' || this.#wider.has(key)) return false;
    const own = /^repository:[^:]+:/.exec(key)?.[0];
    if (
      own === undefined ||
      named === key ||
      !named.split(' ').every((one) => one.startsWith(own))
    ) {
      return false;
    }
    this.#wider.set(key, named);
    return true;
  }

  /** The credentials for the repository that the scopes speak of, looked for once. */
  #found(scopes: readonly string[], call: CallOptions): Promise<Credentials | undefined> {
    if (this.#given) return Promise.resolve(this.#given);
    const repository = /^repository:([^:]+):/.exec(scopes[0] ?? '')?.[1] ?? '';
    let found = this.#credentials.get(repository);
    if (!found) {
      found = this.#find(repository, call);
      this.#credentials.set(repository, found);
      found.catch(() => this.#credentials.delete(repository));
    }
    return found;
  }

  async #find(repository: string, call: CallOptions): Promise<Credentials | undefined> {
    const { settings } = this.#wire;
    const found = await findCredentials(this.#registry, repository, settings, call);
    if (found) {
      const values = [found.password, found.identityToken, found.registryToken];
      settings.onCredentials?.(
        this.#registry,
        values.filter((value) => value !== undefined),
      );
    }
    return found;
  }

  #notInTheOpen({ host }: URL): RegistryAccessError {
    return new RegistryAccessError(`${this.#registry} wants a password over plain HTTP`, {
      hint: `Name ${host} as an insecure registry if that is how it is meant to be.`,
    });
  }

  #nothingKnown(): RegistryAccessError {
    return new RegistryAccessError(NO_CREDENTIALS, {
      hint: `'stave login ${this.#registry}' stores them.`,
    });
  }
}

const SCHEMES: ReadonlySet<string> = new Set(['basic', 'bearer']);
