import type { KeyObject } from 'node:crypto';
import { InvalidInputError } from '../base/errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { Fields, outsideMap, parseJson } from '../oci/json.ts';
import { SignatureError } from './errors.ts';
import { base64Bytes, type Claim, holderOf, signBytes, type TrustedKey } from './signature.ts';

/**
 * Signatures as cosign attaches them: a small JSON document as a layer, the signature over its
 * bytes as an annotation of that layer.
 *
 * @see https://github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md
 */

/** The media type of the document. */
export const SIMPLE_SIGNING = 'application/vnd.dev.cosign.simplesigning.v1+json';
/** The annotation that has the signature, in base64. */
export const SIGNATURE_ANNOTATION = 'dev.cosignproject.cosign/signature';
/** The largest document that is read, in bytes. */
export const PAYLOAD_LIMIT = 256 * 1024;

const TYPE = 'cosign container image signature';

/** What to sign. */
export interface ToSign {
  readonly digest: Digest;
  /** The name that it is signed under: `registry.example.com/app`. */
  readonly identity: string;
  readonly annotations: Readonly<Record<string, string>>;
}

/** The document and its signature. */
export function signSimple(
  { digest, identity, annotations }: ToSign,
  key: KeyObject,
): { readonly payload: Buffer; readonly signature: string } {
  const notes = Object.entries(annotations).sort(([a], [b]) => (a < b ? -1 : 1));
  const document = {
    critical: {
      identity: { 'docker-reference': identity },
      image: { 'docker-manifest-digest': digest },
      type: TYPE,
    },
    optional: notes.length > 0 ? Object.fromEntries(notes) : null,
  };
  const payload = Buffer.from(JSON.stringify(document));
  return { payload, signature: signBytes(payload, key).toString('base64') };
}

/** What a document says, if one of the keys signed it. Throws SignatureError. */
export function verifySimple(
  payload: Uint8Array,
  signature: string,
  keys: readonly TrustedKey[],
): Claim {
  const bytes = base64Bytes(signature);
  if (!bytes) throw new SignatureError('the signature is not base64');
  const holder = holderOf(payload, bytes, keys);
  if (!holder) throw new SignatureError('it was made with another key');
  try {
    return { ...claimOf(payload), signer: holder.name };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new SignatureError(error.message, { cause: error });
  }
}

function claimOf(payload: Uint8Array): Omit<Claim, 'signer'> {
  const what = 'the signed document';
  const fields = new Fields(parseJson(payload, PAYLOAD_LIMIT, what), what);
  const critical = fields.fields('critical');
  if (critical.text('type') !== TYPE) {
    throw new InvalidInputError('the signed document is no signature of a container image');
  }
  const digest = critical.fields('image').text('docker-manifest-digest');
  if (!isDigest(digest)) throw new InvalidInputError('the signed document names no digest');
  const notes = Object.entries(fields.optionalFields('optional')?.json ?? {});
  return {
    format: 'cosign',
    digest,
    identity: critical.fields('identity').text('docker-reference'),
    // Others put times and versions there as numbers; what is asked for is text.
    annotations: outsideMap(
      notes.flatMap(([key, value]) => (typeof value === 'string' ? [[key, value] as const] : [])),
    ),
  };
}
