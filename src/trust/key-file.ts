import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomBytes,
  scrypt,
} from 'node:crypto';
import { InvalidInputError } from '../base/errors.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { TrustConfigError } from './errors.ts';
import { open, seal } from './secretbox.ts';

/** The largest key or certificate file that is read, in bytes. */
export const KEY_FILE_LIMIT = 1024 * 1024;

const ENCRYPTED = /-----BEGIN ENCRYPTED (?:SIGSTORE|COSIGN) PRIVATE KEY-----/;
const KEY_LENGTH = 32;
/** What cosign makes new keys with. */
const COST = { N: 65_536, r: 8, p: 1 };
/** The most memory that a key file may ask for, in bytes. */
const MEMORY = 256 * 1024 * 1024;
const RSA_BITS = 2048;

/** True for a private key that cannot be read without a password. */
export function isEncrypted(pem: Uint8Array): boolean {
  const text = textOf(pem);
  return ENCRYPTED.test(text) || text.includes('-----BEGIN ENCRYPTED PRIVATE KEY-----');
}

/**
 * Reads a private key: cosign's own form, or PEM in any of the usual ones. `name` is for messages.
 * Throws TrustConfigError, for a wrong password too.
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */
export async function readPrivateKey(
  pem: Uint8Array,
  name: string,
  password: string | undefined,
): Promise<KeyObject> {
  checkSize(pem, name);
  const text = textOf(pem);
  if (isEncrypted(pem) && password === undefined) {
    throw new TrustConfigError(`the key ${name} is encrypted`, {
      hint: 'COSIGN_PASSWORD is where its password is looked for.',
    });
  }
  if (ENCRYPTED.test(text)) {
    const der = await decrypted(text, name, password ?? '');
    return usable(() => createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }), name);
  }
  if (!text.includes('PRIVATE KEY-----')) throw new TrustConfigError(`${name} is no private key`);
  return usable(() => createPrivateKey({ key: text, passphrase: password }), name);
}

/** Reads a public key in PEM. Throws TrustConfigError. */
export function readPublicKey(pem: Uint8Array, name: string): KeyObject {
  checkSize(pem, name);
  const text = textOf(pem);
  if (!/-----BEGIN (?:RSA )?PUBLIC KEY-----/.test(text)) {
    const isPrivate = text.includes('PRIVATE KEY-----');
    throw new TrustConfigError(`${name} is no public key`, {
      hint: isPrivate ? 'It is a private key; the file beside it ends in .pub.' : undefined,
    });
  }
  return usable(() => createPublicKey(text), name);
}

/** A new key pair as cosign reads it; the private key is encrypted with the password. */
export async function generateKeyPair(
  password: string,
): Promise<{ readonly privateKey: string; readonly publicKey: string }> {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const der = privateKey.export({ format: 'der', type: 'pkcs8' });
  const [salt, nonce] = [randomBytes(32), randomBytes(24)];
  const box = seal(der, nonce, await derived(password, salt, COST));
  const file = {
    kdf: { name: 'scrypt', params: COST, salt: salt.toString('base64') },
    cipher: { name: 'nacl/secretbox', nonce: nonce.toString('base64') },
    ciphertext: box.toString('base64'),
  };
  const lines = Buffer.from(JSON.stringify(file))
    .toString('base64')
    .replaceAll(/.{1,64}/g, '$&\n');
  const label = 'ENCRYPTED SIGSTORE PRIVATE KEY';
  return {
    privateKey: `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`,
    publicKey: publicKey.export({ format: 'pem', type: 'spki' }).toString(),
  };
}

async function decrypted(text: string, name: string, password: string): Promise<Buffer> {
  const base64 = /-----BEGIN [A-Z ]+-----([^-]*)-----END/.exec(text)?.[1] ?? '';
  try {
    const what = 'the key file';
    const fields = new Fields(parseJson(Buffer.from(base64, 'base64'), KEY_FILE_LIMIT, what), what);
    const kdf = fields.fields('kdf');
    const cipher = fields.fields('cipher');
    const params = kdf.fields('params');
    if (kdf.text('name') !== 'scrypt' || cipher.text('name') !== 'nacl/secretbox') {
      throw new InvalidInputError('it is encrypted in a way that is not known');
    }
    const cost = {
      N: params.integer('N', 2, MEMORY / 1024),
      r: params.integer('r', 1, 32),
      p: params.integer('p', 1, 4),
    };
    const bytes = (from: Fields, key: string): Buffer => Buffer.from(from.text(key), 'base64');
    const nonce = bytes(cipher, 'nonce');
    if (nonce.length !== 24) throw new InvalidInputError('its nonce has not 24 bytes');
    const key = await derived(password, bytes(kdf, 'salt'), cost);
    const der = open(bytes(fields, 'ciphertext'), nonce, key);
    if (der) return der;
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new TrustConfigError(`the key ${name} cannot be read: ${error.message}`, {
      cause: error,
    });
  }
  throw new TrustConfigError(`the password of the key ${name} is wrong`, {
    hint: 'COSIGN_PASSWORD is where it is looked for.',
  });
}

function derived(
  password: string,
  salt: Buffer,
  { N, r, p }: { readonly N: number; readonly r: number; readonly p: number },
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const refuse = (cause: unknown): void =>
      reject(new InvalidInputError('it asks for a key that cannot be derived', { cause }));
    try {
      scrypt(password, salt, KEY_LENGTH, { N, r, p, maxmem: MEMORY + 1024 * 1024 }, (error, key) =>
        error ? refuse(error) : resolve(key),
      );
    } catch (error) {
      refuse(error);
    }
  });
}

/** Keys of a kind and size that signatures of images are made with. Throws TrustConfigError. */
function usable(load: () => KeyObject, name: string): KeyObject {
  let key: KeyObject;
  try {
    key = load();
  } catch (error) {
    throw new TrustConfigError(`the key ${name} cannot be read`, {
      cause: error,
      hint: 'It is damaged, of an unknown kind, or its password is wrong.',
    });
  }
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const bits = details?.modulusLength ?? 0;
  if (type === 'rsa' && bits >= RSA_BITS && bits <= 8 * RSA_BITS) return key;
  const curve = details?.namedCurve ?? '';
  if (type === 'ec' && ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve)) return key;
  if (type === 'ed25519') return key;
  throw new TrustConfigError(
    `the key ${name} is of a kind that is not used for signatures of images`,
    { hint: 'ECDSA on P-256, P-384 or P-521, RSA of 2048 bits or more, and Ed25519 are.' },
  );
}

function checkSize(pem: Uint8Array, name: string): void {
  if (pem.length > KEY_FILE_LIMIT) {
    throw new TrustConfigError(`${name} is larger than ${KEY_FILE_LIMIT} bytes`);
  }
}

function textOf(pem: Uint8Array): string {
  return Buffer.from(pem.buffer, pem.byteOffset, pem.length).toString('latin1');
}
