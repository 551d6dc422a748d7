import { type KeyObject, sign, verify } from 'node:crypto';

/** A public key, and what it may verify. */
export interface TokenKey {
  readonly algorithm: 'ES256' | 'RS256' | 'EdDSA';
  readonly key: KeyObject;
  /** The names that a token may call it by. */
  readonly ids: readonly string[];
}

/** What a token says. */
export interface Claims {
  readonly [name: string]: unknown;
}

/** What a token must say to be good here. */
export interface Expected {
  readonly issuer: string;
  readonly audience: string;
  /** What `typ` must be, when it tells kinds of tokens apart. */
  readonly type?: string;
  /** In seconds since 1970. */
  readonly now: number;
}

/** The longest token, in characters. */
const TOKEN_LIMIT = 12 * 1024;
/** By how much clocks may differ, in seconds. */
const LEEWAY = 30;
const DIGESTS = { ES256: 'sha256', RS256: 'sha256', EdDSA: null } as const;
const RSA_BITS = 2048;

/** What can be verified with a public key; undefined for one of another kind, or a weak one. */
export function algorithmOf(key: KeyObject): TokenKey['algorithm'] | undefined {
  const { asymmetricKeyType: kind, asymmetricKeyDetails: details } = key;
  if (key.type !== 'public') return undefined;
  if (kind === 'ec' && details?.namedCurve === 'prime256v1') return 'ES256';
  if (kind === 'rsa' && (details?.modulusLength ?? 0) >= RSA_BITS) return 'RS256';
  return kind === 'ed25519' ? 'EdDSA' : undefined;
}

/** Makes a token, signed with ES256. */
export function makeToken(
  key: KeyObject,
  header: { readonly kid: string; readonly typ: string },
  claims: Claims,
): string {
  const text = `${encode({ alg: 'ES256', ...header })}.${encode(claims)}`;
  const signature = sign('sha256', Buffer.from(text), { key, dsaEncoding: 'ieee-p1363' });
  return `${text}.${signature.toString('base64url')}`;
}

/** What the head of a token says of its key, without any trust in it. */
export function keyIdOf(token: string): string | undefined {
  const id = decode(token.split('.', 1)[0] ?? '')?.['kid'];
  return typeof id === 'string' ? id : undefined;
}

/**
 * What a token says; undefined when it is not good: the algorithm is that of the key and never
 * what the token wants, and keys that a token brings along count nothing.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8725
 */
export function readToken(
  token: string,
  keys: readonly TokenKey[],
  expected: Expected,
): Claims | undefined {
  if (token.length > TOKEN_LIMIT) return undefined;
  const parts = token.split('.');
  const [head = '', body = '', signature = ''] = parts;
  if (parts.length !== 3 || !parts.every((part) => /^[A-Za-z0-9_-]+$/.test(part))) return undefined;
  const header = decode(head);
  if (!header || header['crit'] !== undefined) return undefined;
  const { alg, kid, typ } = header;
  if (expected.type !== undefined && typ !== expected.type) return undefined;
  const fitting = keys.filter(
    ({ algorithm, ids }) =>
      algorithm === alg && (kid === undefined || (typeof kid === 'string' && ids.includes(kid))),
  );
  const data = Buffer.from(`${head}.${body}`);
  const raw = Buffer.from(signature, 'base64url');
  const isSigned = fitting.some(({ algorithm, key }) =>
    verify(DIGESTS[algorithm], data, { key, dsaEncoding: 'ieee-p1363' }, raw),
  );
  const claims = isSigned ? decode(body) : undefined;
  return claims && isMeant(claims, expected) ? claims : undefined;
}

function isMeant(claims: Claims, { issuer, audience, now }: Expected): boolean {
  const { iss, aud, exp, nbf, iat } = claims;
  const isForUs = aud === audience || (Array.isArray(aud) && aud.includes(audience));
  const isTime = (value: unknown): value is number => Number.isFinite(value);
  const begun = (value: unknown): boolean =>
    value === undefined || (isTime(value) && value <= now + LEEWAY);
  return iss === issuer && isForUs && isTime(exp) && exp + LEEWAY > now && begun(nbf) && begun(iat);
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}

function decode(part: string): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
    if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
    return value as Readonly<Record<string, unknown>>;
  } catch {
    return undefined;
  }
}
