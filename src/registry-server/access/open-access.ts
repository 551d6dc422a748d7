import type { IncomingMessage } from 'node:http';
import { isAbsolute } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { answerJson, type Exchange, shortBody } from '../answer.ts';
import { Problem } from '../errors.ts';
import type { Access, OwnMethods } from './access.ts';
import { type Asking, isQuotable } from './challenge.ts';
import { parseGroups, parseHtpasswd } from './htpasswd.ts';
import { keysOfFile, keysOfUrl } from './key-source.ts';
import { openToAll } from './open-to-all.ts';
import { Passwords } from './passwords.ts';
import { Peers } from './peers.ts';
import { RuledAccess } from './ruled-access.ts';
import { parseRule, Rules } from './rules.ts';
import type { AccessSettings, OutsideTokens, OwnTokens } from './settings.ts';
import { SigningKeys } from './signing-keys.ts';
import { ACCESS_TYPE, credentialsOf, type Given, TokenService } from './token-service.ts';
import { VerifiedTokens } from './verified-tokens.ts';
import { WatchedFile } from './watched-file.ts';

const REALM = 'stave registry';
const FAILED_LOGINS = 10;
const FORM_LIMIT = 64 * 1024;
/** Where the registry gives tokens, and shows the keys that verify them. */
const TOKEN_PATH = '/token';
const KEYS_PATH = '/.well-known/jwks.json';
const WHOEVER_SIGNED_IN = '*:**:all';
const NO_GROUPS: ReadonlySet<string> = new Set();

/** What access is opened with. */
export interface AccessParts {
  readonly clock: Clock;
  /** Is told of files and keys that cannot be read any more. */
  readonly onFailure: (error: unknown) => void;
}

/** Makes what was asked for. Throws InvalidInputError for settings that contradict each other. */
export function openAccess(settings: AccessSettings, parts: AccessParts): Access {
  const { outsideTokens, passwords, certificates = false, rules: texts = [] } = settings;
  const peers = new Peers(settings.trustedProxies ?? [], settings.externalUrl);
  if (outsideTokens) return byOthers(outsideTokens, settings, peers, parts);
  if (settings.ownTokens && passwords === undefined) {
    throw new InvalidInputError('tokens are given to users, and there is no file of them', {
      hint: 'Name one with --htpasswd.',
    });
  }
  if (passwords === undefined && !certificates && texts.length === 0) return openToAll(peers);
  return byRules(settings, peers, parts);
}

function byRules(settings: AccessSettings, peers: Peers, parts: AccessParts): Access {
  const { clock } = parts;
  const { realm = REALM, ownTokens, certificates = false } = settings;
  if (!isQuotable(realm)) throw unquotable(realm);
  const texts = settings.rules?.length ? settings.rules : [WHOEVER_SIGNED_IN];
  const rules = new Rules(texts.map(parseRule), groups(settings.groups, parts));
  const passwords = settings.passwords === undefined ? undefined : users(settings, parts);
  const basic: Asking = { scheme: 'Basic', realm };
  if (!ownTokens || !passwords) {
    const asking = passwords && (() => basic);
    const addresses = new Map<string, OwnMethods>();
    const tokens = undefined;
    return new RuledAccess({
      peers,
      clock,
      rules,
      passwords,
      tokens,
      certificates,
      asking,
      addresses,
    });
  }
  const { service, life, directory } = ownTokens;
  checkTokens(ownTokens);
  const keys = new SigningKeys(directory, clock);
  const issuer = new TokenService({ keys, passwords, rules, realm, service, life, clock });
  const tokens = new VerifiedTokens(
    { issuer: service, audience: service, type: ACCESS_TYPE, keys: (id) => keys.verifying(id) },
    clock,
  );
  const asking = (request: IncomingMessage): Asking => ({
    scheme: 'Bearer',
    realm: `${peers.originOf(request)}${TOKEN_PATH}`,
    service,
  });
  const addresses = new Map<string, OwnMethods>([
    [TOKEN_PATH, tokenMethods(issuer, peers, realm)],
    [KEYS_PATH, { GET: (exchange) => answerJson(exchange, 200, jwkSet(keys)) }],
  ]);
  return new RuledAccess({
    peers,
    clock,
    rules,
    passwords,
    tokens,
    certificates,
    asking,
    addresses,
  });
}

function byOthers(
  outside: OutsideTokens,
  settings: AccessSettings,
  peers: Peers,
  { clock, onFailure }: AccessParts,
): Access {
  const { realm, service, issuer, keys } = outside;
  if (settings.passwords !== undefined || settings.ownTokens || settings.rules?.length) {
    throw new InvalidInputError('a token service elsewhere decides alone: no users, no rules here');
  }
  if (!isQuotable(realm) || !URL.canParse(realm)) throw unquotable(realm);
  if (!isQuotable(service)) throw unquotable(service);
  const isUrl = /^https?:\/\//.test(keys);
  if (!isUrl && !isAbsolute(keys)) throw new Error('the path of the keys must be absolute');
  const source = (isUrl ? keysOfUrl : keysOfFile)(keys, clock, onFailure);
  if (isUrl) void source.refresh();
  const tokens = new VerifiedTokens(
    { issuer, audience: service, keys: () => source.keys, refresh: () => source.refresh() },
    clock,
  );
  const asking: Asking = { scheme: 'Bearer', realm, service };
  return new RuledAccess({
    peers,
    clock,
    rules: undefined,
    passwords: undefined,
    tokens,
    certificates: false,
    asking: () => asking,
    addresses: new Map(),
  });
}

function users(settings: AccessSettings, { clock, onFailure }: AccessParts): Passwords {
  const { passwords: path = '', failedLogins = FAILED_LOGINS } = settings;
  const file = new WatchedFile(path, (text) => parseHtpasswd(text, path), clock, onFailure);
  return new Passwords(() => file.value, clock, failedLogins);
}

function groups(
  path: string | undefined,
  { clock, onFailure }: AccessParts,
): (user: string) => ReadonlySet<string> {
  if (path === undefined) return () => NO_GROUPS;
  const file = new WatchedFile(path, (text) => parseGroups(text, path), clock, onFailure);
  return (user) => file.value.get(user) ?? NO_GROUPS;
}

function checkTokens({ service, life }: OwnTokens): void {
  if (!isQuotable(service)) throw unquotable(service);
  // Clients take what is shorter for a minute, whatever it is.
  if (!(life >= 60 && life <= 24 * 3600)) {
    throw new InvalidInputError('a token is good for a minute at least and a day at most');
  }
}

function tokenMethods(service: TokenService, peers: Peers, realm: string): OwnMethods {
  const give = (exchange: Exchange, { user: name, answer }: Given): void => {
    if (name !== undefined) exchange.caller = { name, by: 'password' };
    answerJson(exchange, 200, JSON.stringify(answer), { 'cache-control': 'no-store' });
  };
  return {
    async GET(exchange) {
      const { request, query: fields } = exchange;
      const basic = credentialsOf(request, 'Basic');
      if (request.headers.authorization !== undefined && basic === undefined) {
        throw new Problem(401, 'UNAUTHORIZED', 'a password is needed for a token', {
          'www-authenticate': `Basic realm="${realm}"`,
        });
      }
      const address = peers.addressOf(request);
      give(exchange, await service.byQuery({ fields, basic, address }));
    },
    async POST(exchange) {
      const { request } = exchange;
      const body = await shortBody(exchange, FORM_LIMIT);
      const fields = new URLSearchParams(body.toString('utf8'));
      const address = peers.addressOf(request);
      give(exchange, await service.byForm({ fields, address }));
    },
  };
}

function jwkSet(keys: SigningKeys): string {
  return JSON.stringify({
    keys: keys.verifying(undefined).map(({ algorithm, key, ids: [kid] }) => ({
      ...key.export({ format: 'jwk' }),
      alg: algorithm,
      kid,
      use: 'sig',
    })),
  });
}

function unquotable(text: string): InvalidInputError {
  return new InvalidInputError(`${JSON.stringify(text)} cannot be sent to clients`);
}
