/** The largest envelope that is read, in bytes. */
export const ENVELOPE_LIMIT = 1024 * 1024;

/** What both kinds of envelopes say, nothing of it checked. */
export interface Envelope {
  /** `PS256`, `ES384`. */
  readonly algorithm: string;
  readonly payload: Buffer;
  /** The bytes that the signature is over. */
  readonly signed: Buffer;
  readonly signature: Buffer;
  readonly certificates: readonly Buffer[];
  readonly contentType: string;
  readonly scheme: string;
  readonly signedAt: Date | undefined;
  readonly expires: Date | undefined;
  /** Headers that must be understood. */
  readonly critical: readonly string[];
}
