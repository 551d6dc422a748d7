import { createHash, randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '../../base/clock.ts';
import { Problem } from '../errors.ts';
import type { Action } from './access.ts';
import { makeToken, readToken } from './jwt.ts';
import type { Passwords } from './passwords.ts';
import type { Rules } from './rules.ts';
import { parseScope, type Scope, SCOPE_LIMIT } from './scopes.ts';
import type { SigningKeys } from './signing-keys.ts';

/** `typ` of the tokens that allow something, and of those that others can be had for. */
export const ACCESS_TYPE = 'JWT';
const REFRESH_TYPE = 'refresh+jwt';
/** How long a refresh token is good, in seconds. */
const REFRESH_LIFE = 90 * 24 * 3600;
const ACTIONS: readonly Action[] = ['pull', 'push', 'delete'];

/** What the service works with. */
export interface TokenServiceParts {
  readonly keys: SigningKeys;
  readonly passwords: Passwords | undefined;
  readonly rules: Rules;
  /** What the question for a password names. */
  readonly realm: string;
  /** Issuer and audience of its tokens. */
  readonly service: string;
  /** How long a token is good, in seconds. */
  readonly life: number;
  readonly clock: Clock;
}

/** A request for a token, from a query or a form. */
export interface TokenRequest {
  readonly fields: URLSearchParams;
  /** From the header `authorization`; a form carries its own. */
  readonly basic: string | undefined;
  readonly address: string;
}

/** Tokens as both ways of asking for them give them. */
export interface TokenAnswer {
  readonly token: string;
  readonly access_token: string;
  readonly scope: string;
  readonly expires_in: number;
  readonly issued_at: string;
  readonly refresh_token?: string;
}

/** A token, and whom it was given. */
export interface Given {
  readonly user: string | undefined;
  readonly answer: TokenAnswer;
}

/**
 * Gives tokens for what the rules allow of what was asked for: less, if need be nothing, and never
 * an error for it.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 * @see https://distribution.github.io/distribution/spec/auth/oauth/
 */
export class TokenService {
  readonly #parts: TokenServiceParts;

  constructor(parts: TokenServiceParts) {
    this.#parts = parts;
  }

  /** For `GET`. Throws Problem 400, 401 and 429. */
  async byQuery({ fields, basic, address }: TokenRequest): Promise<Given> {
    this.#checkService(fields);
    const user = basic === undefined ? undefined : await this.#signedIn(basic, address);
    return { user, answer: this.#answer(user, fields, fields.get('offline_token') === 'true') };
  }

  /** For `POST`. Throws Problem 400, 401 and 429. */
  async byForm({ fields, address }: Omit<TokenRequest, 'basic'>): Promise<Given> {
    this.#checkService(fields);
    switch (fields.get('grant_type')) {
      case 'password': {
        const credentials = `${fields.get('username') ?? ''}:${fields.get('password') ?? ''}`;
        const user = await this.#signedIn(Buffer.from(credentials).toString('base64'), address);
        const keeps = fields.get('access_type') === 'offline';
        return { user, answer: this.#answer(user, fields, keeps) };
      }
      case 'refresh_token': {
        const given = fields.get('refresh_token') ?? '';
        const user = this.#refreshing(given);
        return {
          user,
          answer: { ...this.#answer(user, fields, false), refresh_token: given },
        };
      }
      default:
        throw new Problem(400, 'UNSUPPORTED', 'grant_type is password or refresh_token');
    }
  }

  #checkService(fields: URLSearchParams): void {
    const asked = fields.get('service');
    if (asked === null || asked === '' || asked === this.#parts.service) return;
    throw new Problem(400, 'UNSUPPORTED', 'these are tokens of another service');
  }

  async #signedIn(basic: string, address: string): Promise<string> {
    const caller = await this.#parts.passwords?.identify(basic, address);
    if (caller?.name === undefined) throw this.#wrong();
    return caller.name;
  }

  #answer(user: string | undefined, fields: URLSearchParams, keeps: boolean): TokenAnswer {
    const { keys, service, life, clock } = this.#parts;
    const texts = fields.getAll('scope').flatMap((list) => list.split(' ').filter(Boolean));
    if (texts.length > SCOPE_LIMIT) {
      throw new Problem(400, 'UNSUPPORTED', `a token has at most ${SCOPE_LIMIT} scopes`);
    }
    const access = texts.flatMap((text) => this.#granted(user, parseScope(text)));
    const now = clock.now();
    const issued = Math.floor(now.getTime() / 1000);
    const { id, secret } = keys.current;
    const claims = {
      iss: service,
      sub: user ?? '',
      aud: service,
      nbf: issued,
      iat: issued,
      exp: issued + life,
      jti: randomUUID(),
    };
    const token = makeToken(secret, { kid: id, typ: ACCESS_TYPE }, { ...claims, access });
    const refresh = (): string =>
      makeToken(
        secret,
        { kid: id, typ: REFRESH_TYPE },
        { ...claims, exp: issued + REFRESH_LIFE, proof: this.#proof(user ?? '') },
      );
    return {
      token,
      access_token: token,
      scope: access.map((one) => `${one.type}:${one.name}:${one.actions.join(',')}`).join(' '),
      expires_in: life,
      issued_at: now.toISOString(),
      ...(keeps && user !== undefined && { refresh_token: refresh() }),
    };
  }

  #granted(user: string | undefined, scope: Scope | undefined): readonly Scope[] {
    if (!scope) return [];
    const { rules } = this.#parts;
    const isAsked = (action: string): boolean =>
      scope.actions.includes(action) || scope.actions.includes('*');
    if (scope.type === 'registry') {
      const may = scope.actions.includes('*') && (user !== undefined || rules.allowAny(undefined));
      return may ? [scope] : [];
    }
    const actions = ACTIONS.filter(
      (action) => isAsked(action) && rules.allow(user, scope.name, action),
    );
    return actions.length === 0 ? [] : [{ ...scope, actions }];
  }

  /** Whose refresh token it is. It ends with the password that it was given for. */
  #refreshing(token: string): string {
    const { keys, service, clock } = this.#parts;
    const claims = readToken(token, keys.verifying(undefined), {
      issuer: service,
      audience: service,
      type: REFRESH_TYPE,
      now: clock.now().getTime() / 1000,
    });
    const user = claims?.['sub'];
    if (typeof user !== 'string' || claims?.['proof'] !== this.#proof(user)) {
      throw this.#wrong();
    }
    return user;
  }

  #wrong(): Problem {
    return new Problem(401, 'UNAUTHORIZED', 'the user or the password is wrong', {
      'www-authenticate': `Basic realm="${this.#parts.realm}"`,
    });
  }

  /** Tells one password of a user from another, and nothing else. */
  #proof(user: string): string | undefined {
    const hash = this.#parts.passwords?.hashOf(user);
    return hash && createHash('sha256').update(`refresh ${hash}`).digest('base64url');
  }
}

/** What follows `Basic` or another scheme in the header; undefined for another scheme. */
export function credentialsOf(
  { headers }: Pick<IncomingMessage, 'headers'>,
  scheme: 'Basic' | 'Bearer',
): string | undefined {
  const { authorization = '' } = headers;
  const isIt =
    authorization.length > scheme.length &&
    authorization[scheme.length] === ' ' &&
    authorization.slice(0, scheme.length).toLowerCase() === scheme.toLowerCase();
  return isIt ? authorization.slice(scheme.length + 1).trim() : undefined;
}
