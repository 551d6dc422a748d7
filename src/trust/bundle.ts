import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { InvalidInputError } from '../base/errors.ts';
import { type Digest, encoded, isDigest } from '../oci/digest.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { MediaType } from '../oci/media-types.ts';
import { encodedForSigning, signEnvelope } from './dsse.ts';
import { SignatureError } from './errors.ts';
import { base64Bytes, type Claim, holderOf, keyHint, type TrustedKey } from './signature.ts';

/**
 * Signatures in a bundle: a statement about the image in a signed envelope, in one document that
 * refers to the image.
 *
 * @see https://github.com/sigstore/protobuf-specs/blob/main/protos/sigstore_bundle.proto
 * @see https://github.com/secure-systems-lab/dsse/blob/master/protocol.md
 */

/** The media type of a bundle, which is the artifact type too. */
export const BUNDLE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** What a statement is about that says no more than "signed". */
export const SIGN_PREDICATE = 'https://sigstore.dev/cosign/sign/v1';
/** The largest bundle that is read, in bytes. */
export const BUNDLE_LIMIT = 1024 * 1024;

const STATEMENT = 'https://in-toto.io/Statement/v1';
const SUBJECT_LIMIT = 1000;
const SIGNATURE_LIMIT = 10;

/** True for the media types of bundles, of earlier versions too. */
export function isBundle(mediaType: string): boolean {
  return /^application\/vnd\.dev\.sigstore\.bundle(?:\.v0\.[0-9]+)?\+json/.test(mediaType);
}

/** A bundle with a signature over a digest. */
export function signBundle(
  digest: Digest,
  annotations: Readonly<Record<string, string>>,
  key: KeyObject,
): Buffer {
  const [algorithm = ''] = digest.split(':');
  const notes = Object.keys(annotations).length > 0 && { annotations };
  const statement = {
    _type: STATEMENT,
    subject: [{ digest: { [algorithm]: encoded(digest) }, ...notes }],
    predicateType: SIGN_PREDICATE,
    predicate: {},
  };
  return bundleOf(Buffer.from(JSON.stringify(statement)), key);
}

/** A bundle with a statement, signed. */
export function bundleOf(statement: Uint8Array, key: KeyObject): Buffer {
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE,
      verificationMaterial: { publicKey: { hint: keyHint(createPublicKey(key)) } },
      dsseEnvelope: signEnvelope(MediaType.inToto, statement, key),
    }),
  );
}

/**
 * What a bundle says of a digest, if one of the keys signed it. Statements of other kinds, such as
 * provenance, are no signatures. Throws SignatureError.
 */
export function verifyBundle(
  bundle: Uint8Array,
  digest: Digest,
  keys: readonly TrustedKey[],
): Claim {
  try {
    return claimOf(bundle, digest, keys);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new SignatureError(error.message, { cause: error });
  }
}

function claimOf(bundle: Uint8Array, digest: Digest, keys: readonly TrustedKey[]): Claim {
  const fields = new Fields(parseJson(bundle, BUNDLE_LIMIT, 'the bundle'), 'the bundle');
  if (!isBundle(fields.text('mediaType'))) throw new InvalidInputError('it is no bundle');
  const envelope = fields.fields('dsseEnvelope');
  const type = envelope.text('payloadType');
  const payload = base64Bytes(envelope.text('payload'));
  if (type !== MediaType.inToto || !payload) {
    throw new InvalidInputError('the bundle has no statement');
  }
  const signed = encodedForSigning(type, payload);
  const holder = envelope
    .list('signatures', SIGNATURE_LIMIT)
    .map((one) => base64Bytes(new Fields(one, 'a signature of the bundle').text('sig')))
    .flatMap((one) => (one ? [holderOf(signed, one, keys)] : []))
    .find((one) => one !== undefined);
  if (!holder) throw new SignatureError('it was made with another key');
  const statement = new Fields(parseJson(payload, BUNDLE_LIMIT, 'the statement'), 'the statement');
  if (statement.text('predicateType') !== SIGN_PREDICATE) {
    throw new InvalidInputError('the statement is no signature of an image');
  }
  const about = statement
    .list('subject', SUBJECT_LIMIT)
    .map((one) => new Fields(one, 'the subject of the statement'))
    .flatMap((one) =>
      Object.entries(one.optionalTextMap('digest') ?? {}).map(([algorithm, hex]) => ({
        digest: `${algorithm}:${hex}`,
        annotations: one.optionalTextMap('annotations') ?? {},
      })),
    );
  const [first] = about;
  const { digest: found, annotations } = about.find((one) => one.digest === digest) ?? first ?? {};
  if (found === undefined || !isDigest(found) || annotations === undefined) {
    throw new InvalidInputError('the statement names no digest');
  }
  return { format: 'bundle', digest: found, annotations, signer: holder.name };
}
