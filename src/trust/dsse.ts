import type { KeyObject } from 'node:crypto';
import { signBytes } from './signature.ts';

/** The media type of a signed envelope. */
export const DSSE = 'application/vnd.dsse.envelope.v1+json';

/** A body of some type with signatures over both. */
export interface SignedEnvelope {
  readonly payloadType: string;
  /** In base64, like the signatures. */
  readonly payload: string;
  readonly signatures: readonly { readonly sig: string }[];
}

/**
 * Signs a body of a type.
 *
 * @see https://github.com/secure-systems-lab/dsse/blob/master/envelope.md
 */
export function signEnvelope(type: string, body: Uint8Array, key: KeyObject): SignedEnvelope {
  const signature = signBytes(encodedForSigning(type, body), key);
  return {
    payloadType: type,
    payload: Buffer.from(body).toString('base64'),
    signatures: [{ sig: signature.toString('base64') }],
  };
}

/** What of a type and a body is signed: both, with their lengths, so that neither can be moved. */
export function encodedForSigning(type: string, body: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${body.length} `;
  return Buffer.concat([Buffer.from(head), body]);
}
