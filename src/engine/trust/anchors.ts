import type { X509Certificate } from 'node:crypto';
import { readCertificates } from '../../trust/certificates.ts';
import { readPublicKey } from '../../trust/key-file.ts';
import type { TrustedKey } from '../../trust/signature.ts';
import type { TrustAnchor } from '../trust-types.ts';

/** Keys and certificates that signatures are held against. */
export interface Anchors {
  readonly keys: readonly TrustedKey[];
  readonly certificates: readonly X509Certificate[];
}

/** Reads what is trusted: each is a public key, or a file of certificates. Throws TrustConfigError. */
export function anchorsOf(files: readonly TrustAnchor[]): Anchors {
  const isCertificate = ({ pem }: TrustAnchor): boolean =>
    Buffer.from(pem).includes('-----BEGIN CERTIFICATE-----');
  return {
    keys: files
      .filter((one) => !isCertificate(one))
      .map(({ name, pem }) => ({ name, key: readPublicKey(pem, name) })),
    certificates: files
      .filter(isCertificate)
      .flatMap(({ name, pem }) => readCertificates(pem, name)),
  };
}
