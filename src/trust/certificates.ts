import type { X509Certificate } from 'node:crypto';
import { certificateLimits } from './certificate-extensions.ts';
import { SignatureError, TrustConfigError } from './errors.ts';
import { KEY_FILE_LIMIT } from './key-file.ts';

const CHAIN_LIMIT = 10;
const FILE_LIMIT = 1000;
const CODE_SIGNING = '1.3.6.1.5.5.7.3.3';

/** The certificates in a PEM file. Throws TrustConfigError. */
export function readCertificates(pem: Uint8Array, name: string): readonly X509Certificate[] {
  if (pem.length > KEY_FILE_LIMIT) {
    throw new TrustConfigError(`${name} is larger than ${KEY_FILE_LIMIT} bytes`);
  }
  const text = Buffer.from(pem).toString('latin1');
  const found = text.match(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----/g) ?? [];
  if (found.length === 0 || found.length > FILE_LIMIT) {
    throw new TrustConfigError(
      `${name} has ${found.length === 0 ? 'no certificate' : 'too many certificates'}`,
    );
  }
  try {
    return found.map(loaded);
  } catch (error) {
    throw new TrustConfigError(`a certificate of ${name} cannot be read`, { cause: error });
  }
}

/**
 * The certificate that signed, when its chain leads to a trusted one and every certificate is
 * valid at `now`. The chain begins with the signer's. Throws SignatureError.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md#certificate-requirements
 */
export function signerOf(
  chain: readonly Uint8Array[],
  trusted: readonly X509Certificate[],
  now: Date,
): X509Certificate {
  if (chain.length === 0 || chain.length > CHAIN_LIMIT) {
    throw new SignatureError(`it comes with ${chain.length} certificates`);
  }
  const given = chain.map(parsed);
  const [signer] = given;
  const last = given.at(-1);
  if (!signer || !last) throw new Error('a chain that is not empty has no ends');
  const same = (one: X509Certificate): boolean => trusted.some((root) => root.raw.equals(one.raw));
  const anchor = given.some(same) ? undefined : trusted.find((root) => isIssuer(root, last));
  if (!anchor && !given.some(same)) {
    throw new SignatureError(`its certificate (${nameOf(signer)}) leads to none that is trusted`);
  }
  const whole = anchor ? [...given, anchor] : given;
  for (const [at, certificate] of whole.entries()) checkOne(certificate, at, whole[at + 1], now);
  return signer;
}

/** One line that names who a certificate is for. */
export function nameOf({ subject }: X509Certificate): string {
  const parts = subject.split('\n').toReversed().join(', ');
  return parts.replaceAll(/\p{C}/gu, '?').slice(0, 300);
}

function checkOne(
  certificate: X509Certificate,
  at: number,
  above: X509Certificate | undefined,
  now: Date,
): void {
  const refuse = (why: string): never => {
    throw new SignatureError(`the certificate ${nameOf(certificate)} ${why}`);
  };
  const { isAuthority, pathLength, signsData, unknown } = certificateLimits(certificate.raw);
  if (now > certificate.validToDate) {
    refuse(`expired on ${certificate.validToDate.toISOString()}`);
  }
  if (now < certificate.validFromDate) {
    refuse(`is valid from ${certificate.validFromDate.toISOString()} on only`);
  }
  if (unknown.length > 0) refuse(`has limits that are not understood: ${unknown.join(', ')}`);
  if (above && !isIssuer(above, certificate)) refuse(`was not issued by ${nameOf(above)}`);
  if (at === 0) {
    const uses = certificate.keyUsage as readonly string[] | undefined;
    const isForCode = uses === undefined || uses.includes(CODE_SIGNING);
    if (isAuthority || !signsData || !isForCode) refuse('is not for signing code');
    return;
  }
  if (!isAuthority) refuse('may not issue certificates');
  if (pathLength !== undefined && at - 1 > pathLength) {
    refuse(`may have ${pathLength} authorities below it`);
  }
}

function isIssuer(issuer: X509Certificate, of: X509Certificate): boolean {
  try {
    return of.checkIssued(issuer) && of.verify(issuer.publicKey);
  } catch {
    return false;
  }
}

/** Classes of `node:crypto` would be built when the program starts. */
function loaded(source: string | Uint8Array): X509Certificate {
  return new (process.getBuiltinModule('node:crypto').X509Certificate)(source);
}

function parsed(der: Uint8Array): X509Certificate {
  try {
    return loaded(der);
  } catch (error) {
    throw new SignatureError('a certificate of it cannot be read', { cause: error });
  }
}
