import { TarFormatError } from './errors.ts';

/** Bytes of a tar block: headers are one, content is padded to a multiple. */
export const BLOCK = 512;

/**
 * Where a field starts and how long it is, in bytes from the start of its header.
 *
 * @see https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html#tag_20_92_13_06
 */
export const Field = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  linkTarget: [157, 100],
  major: [329, 8],
  minor: [337, 8],
  prefix: [345, 155],
  /** GNU's header holds times where POSIX has the prefix. */
  gnuAccessTime: [345, 12],
  /** star's header keeps the end of the prefix for itself. */
  starPrefix: [345, 131],
  gnuSparseSize: [483, 12],
} as const satisfies Record<string, readonly [number, number]>;

/** A field's place in its header. */
export type Place = readonly [offset: number, length: number];

/** Where the type flag of a header is. */
export const TYPE_FLAG = 156;
/** Where a header says which format it is in. */
export const MAGIC = 257;
const CHECKSUM_AT = Field.checksum[0];
const CHECKSUM_END = CHECKSUM_AT + Field.checksum[1];
const SPACE = 0x20;

/** The bytes of a field up to the first NUL, copied. */
export function textField(block: Uint8Array, at: number, [offset, length]: Place): Buffer {
  const start = at + offset;
  const nul = block.indexOf(0, start);
  const end = nul < 0 || nul > start + length ? start + length : nul;
  const text = Buffer.allocUnsafe(end - start);
  text.set(block.subarray(start, end));
  return text;
}

/**
 * A number field: octal digits, or (first bit set) a two's complement number in base 256, as
 * GNU tar and star write what does not fit. An empty field is 0. Throws TarFormatError for
 * anything else and for numbers beyond 2^53.
 */
export function numberField(block: Uint8Array, at: number, place: Place, what: string): number {
  if ((block[at + place[0]]! & 0x80) === 0) return octal(block, at, place, what);
  const value = Number(base256(block, at, place));
  if (!Number.isSafeInteger(value)) throw new TarFormatError(`${what} is not a usable number`);
  return value;
}

/** As {@link numberField}, for numbers that may need 64 bits. */
export function bigNumberField(block: Uint8Array, at: number, place: Place, what: string): bigint {
  if ((block[at + place[0]]! & 0x80) === 0) return BigInt(octal(block, at, place, what));
  const value = base256(block, at, place);
  if (BigInt.asIntN(64, value) !== value) {
    throw new TarFormatError(`${what} is not a usable number`);
  }
  return value;
}

function octal(block: Uint8Array, at: number, [offset, length]: Place, what: string): number {
  let index = at + offset;
  const end = index + length;
  while (index < end && (block[index] === SPACE || block[index] === 0)) index += 1;
  let value = 0;
  for (; index < end; index += 1) {
    const digit = block[index]! - 0x30;
    if (digit < 0 || digit > 7) break;
    value = value * 8 + digit;
  }
  // What follows the first NUL is not part of the field.
  while (index < end && block[index] === SPACE) index += 1;
  if (index < end && block[index] !== 0) throw new TarFormatError(`${what} is not a number`);
  return value;
}

function base256(block: Uint8Array, at: number, [offset, length]: Place): bigint {
  const start = at + offset;
  // The first bit marks the encoding, the second one is the sign.
  let value = BigInt(block[start]! & 0x7f);
  if ((block[start]! & 0x40) !== 0) value -= 0x80n;
  for (let index = start + 1; index < start + length; index += 1) {
    value = value * 256n + BigInt(block[index]!);
  }
  return value;
}

/** True when the checksum in a header is the sum of its bytes, the checksum itself read as spaces. */
export function checksumFits(block: Uint8Array, at: number, words?: Uint32Array): boolean {
  let stored: number;
  try {
    stored = octal(block, at, Field.checksum, 'checksum');
  } catch {
    return false;
  }
  if (checksum(block, at, words) === stored) return true;
  // Some old writers summed signed bytes.
  let signed = 8 * SPACE;
  for (let index = 0; index < BLOCK; index += 1) {
    if (index >= CHECKSUM_AT && index < CHECKSUM_END) continue;
    signed += (block[at + index]! << 24) >> 24;
  }
  return signed === stored;
}

/** The sum that belongs into a header's checksum field. */
export function checksum(block: Uint8Array, at: number, words?: Uint32Array): number {
  let sum = 8 * SPACE + (words && at % 4 === 0 ? sumOfWords(words, at / 4) : sumOfBytes(block, at));
  for (let index = at + CHECKSUM_AT; index < at + CHECKSUM_END; index += 1) sum -= block[index]!;
  return sum;
}

/**
 * The same bytes four at a time, for {@link checksumFits}: sums of headers are much of what
 * reading small files costs. Undefined where the machine has no such view of them.
 */
export function wordsOf(block: Uint8Array): Uint32Array | undefined {
  if (block.byteOffset % 4 !== 0) return undefined;
  return new Uint32Array(block.buffer, block.byteOffset, Math.floor(block.length / 4));
}

function sumOfBytes(block: Uint8Array, at: number): number {
  let sum = 0;
  for (let index = at; index < at + BLOCK; index += 1) sum += block[index]!;
  return sum;
}

function sumOfWords(words: Uint32Array, at: number): number {
  // Two sums of 16 bits in one number: 256 bytes each cannot overflow them.
  let sum = 0;
  for (let index = at; index < at + BLOCK / 4; index += 1) {
    const word = words[index]!;
    sum = (sum + (word & 0xff00ff) + ((word >>> 8) & 0xff00ff)) | 0;
  }
  return (sum & 0xffff) + (sum >>> 16);
}

/** True when a whole block is zeros: the end of an archive, never a header. */
export function isZeroBlock(block: Uint8Array, at: number): boolean {
  for (let index = at; index < at + BLOCK; index += 1) if (block[index] !== 0) return false;
  return true;
}

/** Bytes of padding that follow `size` bytes of content. */
export function paddingLength(size: number): number {
  return (BLOCK - (size % BLOCK)) % BLOCK;
}
