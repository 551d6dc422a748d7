import { createHash, createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { InvalidInputError } from '../../base/errors.ts';
import { algorithmOf, type TokenKey } from './jwt.ts';

/** The most keys of a set. */
const KEY_LIMIT = 100;
const PEM = /-----BEGIN (?:PUBLIC KEY|RSA PUBLIC KEY|CERTIFICATE)-----[^-]+-----END [A-Z ]+-----/g;
const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/**
 * Public keys of a JWK set, or of keys and certificates in PEM; those of kinds that no token is
 * verified with are left out. Throws InvalidInputError when none is left.
 */
export function parseTokenKeys(text: string, where: string): readonly TokenKey[] {
  const keys = text.trimStart().startsWith('{') ? fromSet(text, where) : fromPem(text, where);
  if (keys.length === 0) {
    throw new InvalidInputError(`${where} has no public key that tokens are signed for`, {
      hint: 'Keys are P-256, Ed25519, or RSA of 2048 bits or more; as a JWK set or in PEM.',
    });
  }
  return keys;
}

/** The name that a key has by RFC 7638. `key` may be a private one. */
export function thumbprint(key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' });
  // The members in their order; what is undefined is left out.
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url');
}

function fromSet(text: string, where: string): readonly TokenKey[] {
  let keys: unknown;
  try {
    ({ keys } = JSON.parse(text) as { keys?: unknown });
  } catch (error) {
    throw new InvalidInputError(`${where} is no JWK set`, { cause: error });
  }
  if (!Array.isArray(keys) || keys.length > KEY_LIMIT) {
    throw new InvalidInputError(`${where} is no JWK set`);
  }
  return keys.flatMap((jwk: Readonly<Record<string, unknown>> | null) => {
    // A shared secret in a public set would let everyone sign.
    if (!jwk || jwk['kty'] === 'oct' || (jwk['use'] ?? 'sig') !== 'sig') return [];
    const { kty, crv, x, y, n, e, kid } = jwk as JsonWebKey & { kid?: unknown };
    try {
      const key = createPublicKey({
        key: JSON.parse(JSON.stringify({ kty, crv, x, y, n, e })) as JsonWebKey,
        format: 'jwk',
      });
      return tokenKey(key, typeof kid === 'string' ? [kid] : [thumbprint(key)]);
    } catch {
      return [];
    }
  });
}

function fromPem(text: string, where: string): readonly TokenKey[] {
  return (text.match(PEM) ?? []).slice(0, KEY_LIMIT).flatMap((pem) => {
    try {
      const key = createPublicKey(pem);
      return tokenKey(key, [thumbprint(key), libtrustId(key)]);
    } catch (error) {
      throw new InvalidInputError(`${where} has a key that cannot be read`, { cause: error });
    }
  });
}

function tokenKey(key: KeyObject, ids: readonly string[]): readonly TokenKey[] {
  const algorithm = algorithmOf(key);
  return algorithm ? [{ algorithm, key, ids }] : [];
}

/**
 * The name that older token services give a key: 240 bits of its SHA-256 in base32, in groups.
 *
 * @see https://github.com/distribution/distribution/blob/v2.8.3/docs/spec/auth/jwt.md
 */
function libtrustId(key: KeyObject): string {
  const der = key.export({ type: 'spki', format: 'der' });
  const hash = createHash('sha256').update(der).digest().subarray(0, 30);
  const bits = [...hash].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  const letters = (bits.match(/.{5}/g) ?? []).map((five) => BASE32[Number.parseInt(five, 2)]);
  return (letters.join('').match(/.{4}/g) ?? []).join(':');
}
