import { type Multipart, PART_COUNT, PART_MIN } from '../../s3/multipart.ts';
import { RegistryDataError } from '../errors.ts';

/** An entity tag and the bytes it stands for. */
export interface UploadedPart {
  readonly etag: string;
  readonly size: number;
}

/** How far an upload is, as any process finds it. */
export interface UploadState {
  readonly algorithm: 'sha256' | 'sha512';
  /** Another one each time it is written: who knows it knows the bytes. */
  readonly revision: string;
  readonly multipart: Multipart | undefined;
  readonly parts: readonly UploadedPart[];
  /** Bytes after those of the parts. */
  readonly tail: Buffer;
}

const NEWLINE = 0x0a;
/** So many parts have the least size; as many again are one time larger, and so on. */
const STEP = 500;

/** The size of a part: small at first, and so that the largest blob has not too many of them. */
export function partSize(number: number): number {
  return PART_MIN * (1 + Math.floor(number / STEP));
}

/** The most bytes of a state: more than the largest part and what tells of all parts. */
export const STATE_LIMIT: number = partSize(PART_COUNT) + 4 * 1024 * 1024;

/** Bytes that have come. */
export function offsetOf({ parts, tail }: Pick<UploadState, 'parts' | 'tail'>): number {
  return parts.reduce((sum, { size }) => sum + size, 0) + tail.length;
}

/** A line of JSON, then the tail. */
export function encodeState({ tail, ...head }: UploadState): Buffer {
  return Buffer.concat([Buffer.from(`${JSON.stringify(head)}\n`), tail]);
}

/** Reads what {@link encodeState} wrote. Throws RegistryDataError. */
export function decodeState(body: Buffer): UploadState {
  const end = body.indexOf(NEWLINE);
  try {
    const head = JSON.parse(body.subarray(0, end).toString()) as Omit<UploadState, 'tail'>;
    return { ...head, multipart: head.multipart, tail: body.subarray(end + 1) };
  } catch (error) {
    throw new RegistryDataError('the bucket gives another content for an upload', { cause: error });
  }
}
