import type { CallOptions } from '../../base/progress.ts';
import { type Challenge, parseChallenges } from '../challenge.ts';
import { type Credentials, findCredentials } from '../credentials.ts';
import { basicHeader, fetchToken } from '../tokens.ts';
import type { Wire } from '../wire.ts';
import { type Finding, finding } from './finding.ts';
import { failed } from './reach.ts';

/** Who is let in where. */
export interface Door {
  readonly registry: string;
  /** Where it answers. */
  readonly base: URL;
  /** `team/app`, or empty. */
  readonly repository: string;
}

/** Asks for permission as pull would: `/v2/`, credentials, a token. False when there is none. */
export async function* enter(
  door: Door,
  wire: Wire,
  call: CallOptions,
): AsyncGenerator<Finding, boolean> {
  const { registry, base, repository } = door;
  let challenge: Challenge | undefined;
  try {
    const answer = await ping(base, wire, undefined, call);
    const { status } = answer;
    const said = answer.challenges.map(({ scheme }) => scheme).join(', ');
    const isRegistry = status === 200 || (status === 401 && answer.challenges.length > 0);
    yield finding(
      'ping',
      isRegistry ? 'ok' : 'failed',
      `GET /v2/: ${status}${said === '' ? '' : `, wants ${said}`}${answer.version}`,
      isRegistry ? undefined : 'There is no registry at this address.',
    );
    if (!isRegistry) return false;
    challenge = best(answer.challenges);
  } catch (error) {
    yield failed('ping', error);
    return false;
  }
  let credentials: Credentials | undefined;
  try {
    credentials = await findCredentials(registry, repository, wire.settings, call);
  } catch (error) {
    yield failed('credentials', error);
    return false;
  }
  yield finding('credentials', credentials ? 'ok' : 'note', named(credentials, registry));
  if (!challenge) return true;
  return yield* challenge.scheme === 'basic'
    ? shownPassword(door, credentials, wire, call)
    : shownToken(door, challenge, credentials, wire, call);
}

async function* shownPassword(
  { registry, base }: Door,
  credentials: Credentials | undefined,
  wire: Wire,
  call: CallOptions,
): AsyncGenerator<Finding, boolean> {
  const header = credentials && basicHeader(credentials);
  const login = `'stave login ${registry}' stores credentials.`;
  if (header === undefined) {
    yield finding('login', 'failed', 'a password is wanted, and there is none', login);
    return false;
  }
  try {
    const { status } = await ping(base, wire, header, call);
    const isIn = status === 200;
    yield finding('login', isIn ? 'ok' : 'failed', `GET /v2/: ${status}`, isIn ? undefined : login);
    return isIn;
  } catch (error) {
    yield failed('login', error);
    return false;
  }
}

async function* shownToken(
  { registry, base, repository }: Door,
  challenge: Challenge,
  credentials: Credentials | undefined,
  wire: Wire,
  call: CallOptions,
): AsyncGenerator<Finding, boolean> {
  const scopes = repository === '' ? [] : [`repository:${repository}:pull`];
  const realm = challenge.parameters.get('realm') ?? '';
  const asked = scopes.length > 0 ? ` for ${scopes.join(' ')}` : '';
  if (credentials?.registryToken !== undefined) {
    yield finding('token', 'note', 'a stored token is shown as it is');
    return true;
  }
  try {
    const request = { registry, base, challenge, scopes, credentials };
    const token = await fetchToken(wire, request, call);
    const life = Math.round((token.expires - Date.now()) / 1000);
    const granted = grantedBy(token.text);
    const lacks = repository !== '' && granted !== undefined && !/\bpull\b|\*/.test(granted);
    yield finding(
      'token',
      lacks ? 'failed' : 'ok',
      `${realm}${asked}: good for ${life} s${granted === undefined ? '' : `, allows ${granted}`}`,
      lacks ? `'stave login ${registry}' may give more; check the name too.` : undefined,
    );
    return !lacks;
  } catch (error) {
    yield failed('token', error);
    return false;
  }
}

/** What pushing would be allowed, by a token alone: nothing is written. */
export async function* mayPush(
  { registry, base, repository }: Door,
  wire: Wire,
  call: CallOptions,
): AsyncGenerator<Finding, void> {
  try {
    const challenge = best((await ping(base, wire, undefined, call)).challenges);
    if (challenge?.scheme !== 'bearer') return;
    const credentials = await findCredentials(registry, repository, wire.settings, call);
    if (credentials?.registryToken !== undefined) return;
    const scopes = [`repository:${repository}:pull,push`];
    const request = { registry, base, challenge, scopes, credentials };
    const granted = grantedBy((await fetchToken(wire, request, call)).text);
    if (granted === undefined) return;
    const may = /\bpush\b|\*/.test(granted);
    yield finding('push', 'note', may ? 'allowed' : `not allowed: the token allows ${granted}`);
  } catch (error) {
    yield { ...failed('push', error), outcome: 'note' };
  }
}

/** What a token says it allows; undefined for tokens that are not to be read. */
function grantedBy(token: string): string | undefined {
  try {
    const claims: unknown = JSON.parse(
      Buffer.from(token.split('.')[1] ?? '', 'base64url').toString(),
    );
    if (typeof claims !== 'object' || claims === null || !('access' in claims)) return undefined;
    const { access } = claims;
    if (!Array.isArray(access)) return access === null ? 'nothing' : undefined;
    const texts = access.map((one: { name?: unknown; actions?: unknown }) => {
      const actions = Array.isArray(one.actions) ? one.actions.join(',') : '';
      return `${String(one.name)}:${actions}`;
    });
    return texts.length === 0 ? 'nothing' : texts.join(' ').slice(0, 300);
  } catch {
    return undefined;
  }
}

interface Pong {
  readonly status: number;
  readonly challenges: readonly Challenge[];
  readonly version: string;
}

async function ping(
  base: URL,
  { client, tls }: Wire,
  authorization: string | undefined,
  { signal }: CallOptions,
): Promise<Pong> {
  const response = await client.request(new URL('/v2/', base), {
    redirects: 0,
    tls: tls(base.host),
    signal,
    ...(authorization !== undefined && { headers: { authorization } }),
  });
  await response.discard();
  const { headers, status } = response;
  const version = headers['docker-distribution-api-version'];
  return {
    status,
    challenges: parseChallenges(headers['www-authenticate'] ?? ''),
    version: version === undefined ? '' : ` (${version})`,
  };
}

function best(challenges: readonly Challenge[]): Challenge | undefined {
  const known = challenges.filter(({ scheme }) => scheme === 'bearer' || scheme === 'basic');
  return known.find(({ scheme }) => scheme === 'bearer') ?? known[0];
}

function named(credentials: Credentials | undefined, registry: string): string {
  if (!credentials) return `none are stored for ${registry}: anonymous`;
  const { place, username, identityToken } = credentials;
  const who = username ?? (identityToken === undefined ? 'a token' : 'an identity token');
  return `${who}, from ${place}`;
}
