import { type KeyObject, verify, type X509Certificate } from 'node:crypto';
import { InvalidInputError } from '../base/errors.ts';
import { isDigest } from '../oci/digest.ts';
import { Fields, outsideMap, parseJson } from '../oci/json.ts';
import { nameOf, signerOf } from './certificates.ts';
import { type Envelope, ENVELOPE_LIMIT } from './envelope.ts';
import { SignatureError } from './errors.ts';
import { coseEnvelope } from './notation-cose.ts';
import { jwsEnvelope } from './notation-jws.ts';
import type { Claim } from './signature.ts';

/**
 * Signatures of the Notary Project: an envelope with a descriptor of the image and the
 * certificates of who signed.
 *
 * @see https://github.com/notaryproject/specifications/blob/v1.1.0/specs/signature-specification.md
 */

/** The artifact type of a signature. */
export const NOTATION = 'application/vnd.cncf.notary.signature';
/** What an envelope in JSON is called. */
export const JWS = 'application/jose+json';
/** What an envelope in CBOR is called. */
export const COSE = 'application/cose';

const HEADER = 'io.cncf.notary.';
const KNOWN = new Set(['signingScheme', 'signingTime', 'expiry'].map((name) => HEADER + name));

/**
 * What an envelope says, if a certificate signed it whose chain leads to a trusted one, and all of
 * it is valid at `now`. Throws SignatureError.
 */
export function verifyNotation(
  data: Buffer,
  mediaType: string,
  trusted: readonly X509Certificate[],
  now: Date,
): Claim {
  try {
    if (data.length > ENVELOPE_LIMIT) {
      throw new InvalidInputError(`the envelope is larger than ${ENVELOPE_LIMIT} bytes`);
    }
    if (mediaType === JWS) return claimOf(jwsEnvelope(data), trusted, now);
    if (mediaType === COSE) return claimOf(coseEnvelope(data), trusted, now);
    throw new InvalidInputError(`its envelope is of a kind that is not known: ${mediaType}`);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new SignatureError(error.message, { cause: error });
  }
}

function claimOf(envelope: Envelope, trusted: readonly X509Certificate[], now: Date): Claim {
  const { critical, scheme, contentType, signedAt, expires } = envelope;
  const unknown = critical.find((name) => !KNOWN.has(name));
  if (unknown !== undefined) {
    throw new InvalidInputError(`it wants ${JSON.stringify(unknown.slice(0, 100))} understood`);
  }
  if (scheme !== 'notary.x509' || contentType !== 'application/vnd.cncf.notary.payload.v1+json') {
    throw new InvalidInputError(`its scheme is not known: ${JSON.stringify(scheme.slice(0, 100))}`);
  }
  const signer = signerOf(envelope.certificates, trusted, now);
  if (!isSignedWith(signer.publicKey, envelope)) {
    throw new SignatureError('it does not hold: something was changed after it was made');
  }
  if (expires && now > expires) {
    throw new SignatureError(`it expired on ${expires.toISOString()}`);
  }
  const what = 'the signed document';
  const target = new Fields(parseJson(envelope.payload, ENVELOPE_LIMIT, what), what).fields(
    'targetArtifact',
  );
  const digest = target.text('digest');
  if (!isDigest(digest)) throw new InvalidInputError(`${what} names no digest`);
  return {
    format: 'notation',
    digest,
    annotations: target.optionalTextMap('annotations') ?? outsideMap([]),
    signer: nameOf(signer),
    ...(signedAt && { signedAt }),
  };
}

const CURVES: Readonly<Record<string, string>> = {
  ES256: 'prime256v1',
  ES384: 'secp384r1',
  ES512: 'secp521r1',
};

function isSignedWith(key: KeyObject, { algorithm, signed, signature }: Envelope): boolean {
  const hash = `sha${algorithm.slice(2)}`;
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = key;
  const bits = details?.modulusLength ?? 0;
  const { constants } = process.getBuiltinModule('node:crypto');
  try {
    if (/^PS(?:256|384|512)$/.test(algorithm) && type === 'rsa' && bits >= 2048 && bits <= 16_384) {
      const padding = constants.RSA_PKCS1_PSS_PADDING;
      const saltLength = constants.RSA_PSS_SALTLEN_DIGEST;
      return verify(hash, signed, { key, padding, saltLength }, signature);
    }
    const isCurve = type === 'ec' && CURVES[algorithm] === details?.namedCurve;
    return isCurve && verify(hash, signed, { key, dsaEncoding: 'ieee-p1363' }, signature);
  } catch {
    return false;
  }
}
