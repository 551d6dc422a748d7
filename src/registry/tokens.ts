import type { CallOptions } from '../base/progress.ts';
import type { HttpRequest, HttpResponse } from '../net/request.ts';
import { shownUrl } from '../net/url.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './credentials.ts';
import { RegistryAccessError, RegistryError } from './errors.ts';
import { isInnerAddress, isInsecure } from './host.ts';
import { faultIn, faultText, jsonAnswer } from './json-answer.ts';
import { Patience } from './patience.ts';
import type { RegistrySettings } from './settings.ts';
import type { Wire } from './wire.ts';

/** A bearer token. */
export interface Token {
  readonly text: string;
  /** Milliseconds since the epoch. */
  readonly expires: number;
  /** What stands for the password from now on, where the service gives such a thing. */
  readonly identity?: string;
}

/** What a token service is asked. */
export interface TokenRequest {
  /** As the user knows it. */
  readonly registry: string;
  /** Where the registry answers; what its token service may be depends on it. */
  readonly base: URL;
  readonly challenge: Challenge;
  readonly scopes: readonly string[];
  readonly credentials: Credentials | undefined;
  /** Asks for something that stands for the password later. */
  readonly offline?: boolean;
}

/** Shorter lives are taken for this many seconds, as the specification of tokens says. */
const SHORTEST_LIFE = 60;
/** Answers of services that do not know the OAuth2 form. */
const NO_OAUTH: ReadonlySet<number> = new Set([400, 401, 404, 405]);
/** Answers of services that know nothing else. */
const NO_GET: ReadonlySet<number> = new Set([404, 405]);
const CLIENT = 'stave';

/**
 * Fetches a token for just the given scopes. Throws RegistryAccessError when the service says
 * no, RegistryError when it answers nonsense or must not be trusted, and NetError.
 *
 * @see https://distribution.github.io/distribution/spec/auth/token/
 */
export async function fetchToken(
  wire: Wire,
  request: TokenRequest,
  call: CallOptions,
): Promise<Token> {
  const realm = realmOf(request, wire.settings);
  const { credentials, offline = false } = request;
  const service = request.challenge.parameters.get('service');
  const send = (url: URL, how: HttpRequest): Promise<HttpResponse> =>
    ask(wire, url, { ...how, redirects: 0 }, call);
  const grant = (fields: Readonly<Record<string, string>>): Promise<HttpResponse> =>
    send(realm, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: Buffer.from(
        new URLSearchParams({
          ...fields,
          client_id: CLIENT,
          ...(service !== undefined && { service }),
          ...(request.scopes.length > 0 && { scope: request.scopes.join(' ') }),
          ...(offline && { access_type: 'offline' }),
        }).toString(),
      ),
    });

  if (credentials?.identityToken !== undefined) {
    const { identityToken } = credentials;
    const answer = await grant({ grant_type: 'refresh_token', refresh_token: identityToken });
    if (answer.status === 200) return tokenIn(answer, realm);
    if (!NO_OAUTH.has(answer.status) || credentials.username === undefined) {
      throw await refusal(answer, request);
    }
    await answer.discard();
  }
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.append('service', service);
  for (const scope of request.scopes) url.searchParams.append('scope', scope);
  const authorization = credentials && basicHeader(credentials);
  if (authorization !== undefined && credentials?.username !== undefined) {
    url.searchParams.append('account', credentials.username);
  }
  if (offline) {
    url.searchParams.append('offline_token', 'true');
    url.searchParams.append('client_id', CLIENT);
  }
  let answer = await send(url, {
    ...(authorization !== undefined && { headers: { authorization } }),
  });
  const { username, password } = credentials ?? {};
  if (NO_GET.has(answer.status) && username !== undefined && password !== undefined) {
    await answer.discard();
    answer = await grant({ grant_type: 'password', username, password });
  }
  if (answer.status !== 200) throw await refusal(answer, request);
  return tokenIn(answer, realm);
}

/** The header of Basic; undefined for credentials of another kind. */
export function basicHeader({
  username,
  password,
  identityToken,
}: Credentials): string | undefined {
  const secret = password ?? identityToken;
  if (username === undefined || secret === undefined) return undefined;
  return `Basic ${Buffer.from(`${username}:${secret}`).toString('base64')}`;
}

/**
 * Where the tokens are to be had. A registry with TLS must not send us, and our password, to a
 * service without it or into a private network (CVE-2026-33540).
 */
function realmOf({ registry, base, challenge }: TokenRequest, settings: RegistrySettings): URL {
  const text = challenge.parameters.get('realm') ?? '';
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  const isHttp = realm?.protocol === 'http:';
  if (!realm || (!isHttp && realm.protocol !== 'https:')) {
    throw new RegistryError(
      `${registry} names no usable token service: ${JSON.stringify(text.slice(0, 200))}`,
    );
  }
  // Credentials are ours to choose, not the registry's.
  realm.username = '';
  realm.password = '';
  const isOwn = realm.hostname === base.hostname;
  const isTrusted = isInsecure(realm.host, settings) && isInsecure(base.host, settings);
  if (isOwn && (!isHttp || base.protocol === 'http:')) return realm;
  if (isTrusted) return realm;
  if (isHttp || isInnerAddress(realm.host)) {
    throw new RegistryError(
      `${registry} sends us to the token service ${shownUrl(realm)}, which cannot be trusted`,
      { hint: 'Name both as insecure registries if that is how they are meant to be.' },
    );
  }
  return realm;
}

async function ask(
  { client, settings, tls, connect }: Wire,
  url: URL,
  request: HttpRequest,
  call: CallOptions,
): Promise<HttpResponse> {
  const patience = new Patience(settings, call);
  for (;;) {
    let response: HttpResponse;
    try {
      response = await client.request(url, {
        ...request,
        tls: tls(url.host),
        connect: connect?.(url.host),
        signal: call.signal,
      });
    } catch (error) {
      await patience.afterFailure(error);
      continue;
    }
    if (!(await patience.afterAnswer(response))) return response;
  }
}

async function tokenIn(response: HttpResponse, realm: URL): Promise<Token> {
  const fields = await jsonAnswer(response, `the answer of the token service ${realm.host}`);
  const text = fields.optionalText('token') || fields.optionalText('access_token');
  if (!text || /[^\x21-\x7e]/.test(text)) {
    throw new RegistryError(`the token service ${realm.host} answered without a token`);
  }
  const given = Number(fields.json['expires_in'] ?? SHORTEST_LIFE);
  const life = Number.isFinite(given) ? Math.max(SHORTEST_LIFE, given) : SHORTEST_LIFE;
  const now = Date.now();
  // A service may give the same token to several. Where its clock is wrong, ours counts.
  const issued = Date.parse(fields.optionalText('issued_at') ?? '');
  const since = issued < now && issued + life * 1000 > now ? issued : now;
  const identity = fields.optionalText('refresh_token') || undefined;
  return { text, expires: since + life * 1000, ...(identity !== undefined && { identity }) };
}

async function refusal(response: HttpResponse, request: TokenRequest): Promise<Error> {
  const { registry, credentials } = request;
  const { status } = response;
  const fault = await faultIn(response);
  const said = fault === undefined ? '' : `: ${faultText(fault)}`;
  if (status === 401 || status === 403) {
    const who = credentials ? `the credentials in ${credentials.place}` : 'anonymous access';
    return new RegistryAccessError(
      `${registry} refuses ${who}: ${status}${said || ' unauthorized'}`,
      {
        hint: `'stave login ${registry}' stores other credentials.`,
      },
    );
  }
  return new RegistryError(`the token service of ${registry} answered ${status}${said}`, {
    status,
  });
}
