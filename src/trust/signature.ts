import { createHash, type KeyObject, sign, verify } from 'node:crypto';
import type { Digest } from '../oci/digest.ts';

/** A public key that is trusted, under the name that it was given with. */
export interface TrustedKey {
  readonly name: string;
  readonly key: KeyObject;
}

/** What a signature says once it holds. */
export interface Claim {
  /** `cosign`: a payload and its signature; `bundle`: the form of newer versions; `notation`. */
  readonly format: 'cosign' | 'bundle' | 'notation';
  /** Of the manifest or index that was signed. */
  readonly digest: Digest;
  /** The name that it was signed under; not every form has one. */
  readonly identity?: string;
  /** What was signed along with it. */
  readonly annotations: Readonly<Record<string, string>>;
  /** The name of the key, or the subject of the certificate. */
  readonly signer: string;
  /** When it was signed, by the signer's own clock. */
  readonly signedAt?: Date;
}

/** Signs as cosign does: SHA-256 with ECDSA (DER) or RSA (PKCS #1 v1.5), or Ed25519. */
export function signBytes(data: Uint8Array, key: KeyObject): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key);
}

/** Whether a signature in the form of {@link signBytes} holds. Larger curves may come with their own hash. */
export function holds(data: Uint8Array, signature: Uint8Array, key: KeyObject): boolean {
  const hashes = key.asymmetricKeyType === 'ed25519' ? [null] : hashesOf(key);
  return hashes.some((hash) => {
    try {
      return verify(hash, data, key, signature);
    } catch {
      return false;
    }
  });
}

/** The first of the keys with which the signature holds. */
export function holderOf(
  data: Uint8Array,
  signature: Uint8Array,
  keys: readonly TrustedKey[],
): TrustedKey | undefined {
  return keys.find(({ key }) => holds(data, signature, key));
}

/** Bytes in base64, nothing else; undefined when they are not. */
export function base64Bytes(text: string): Buffer | undefined {
  return /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : undefined;
}

/** How bundles hint at a public key: the SHA-256 of its DER form, in base64. */
export function keyHint(key: KeyObject): string {
  const der = key.export({ format: 'der', type: 'spki' });
  return createHash('sha256').update(der).digest('base64');
}

function hashesOf(key: KeyObject): readonly string[] {
  const curve = key.asymmetricKeyDetails?.namedCurve;
  if (curve === 'secp384r1') return ['sha256', 'sha384'];
  return curve === 'secp521r1' ? ['sha256', 'sha512'] : ['sha256'];
}
