import { timingSafeEqual } from 'node:crypto';

/**
 * Authenticated encryption with one key: XSalsa20 and Poly1305, which `node:crypto` has not. For
 * key files: a few hundred bytes, once.
 *
 * @see https://nacl.cr.yp.to/secretbox.html
 */

const SIGMA = Buffer.from('expand 32-byte k');
const TAG = 16;
/** What of the key stream is the key of the authenticator. */
const AUTHENTICATOR_KEY = 32;

/** Encrypts; the key has 32 bytes, the nonce 24 and is used once. */
export function seal(message: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer {
  const { stream, authenticator } = keyStream(message.length, nonce, key);
  const hidden = xor(message, stream);
  return Buffer.concat([poly1305(hidden, authenticator), hidden]);
}

/** Decrypts; undefined when the key is wrong or the box was changed. */
export function open(box: Uint8Array, nonce: Uint8Array, key: Uint8Array): Buffer | undefined {
  if (box.length < TAG) return undefined;
  const hidden = box.subarray(TAG);
  const { stream, authenticator } = keyStream(hidden.length, nonce, key);
  const isWhole = timingSafeEqual(box.subarray(0, TAG), poly1305(hidden, authenticator));
  return isWhole ? xor(hidden, stream) : undefined;
}

function xor(data: Uint8Array, stream: Uint8Array): Buffer {
  return Buffer.from(data.map((byte, at) => byte ^ (stream[at] ?? 0)));
}

function keyStream(
  length: number,
  nonce: Uint8Array,
  key: Uint8Array,
): { readonly stream: Buffer; readonly authenticator: Buffer } {
  const inner = hsalsa20(key, nonce.subarray(0, 16));
  const blocks: Buffer[] = [];
  for (let at = 0; at * 64 < length + AUTHENTICATOR_KEY; at += 1) {
    const counter = Buffer.alloc(8);
    counter.writeUInt32LE(at);
    const input = inputOf(inner, Buffer.concat([nonce.subarray(16, 24), counter]));
    blocks.push(toBytes(rounds(input).map((word, place) => (word + (input[place] ?? 0)) | 0)));
  }
  const all = Buffer.concat(blocks);
  return {
    authenticator: all.subarray(0, AUTHENTICATOR_KEY),
    stream: all.subarray(AUTHENTICATOR_KEY, AUTHENTICATOR_KEY + length),
  };
}

function hsalsa20(key: Uint8Array, nonce: Uint8Array): Buffer {
  const words = rounds(inputOf(key, nonce));
  return toBytes(Int32Array.from([0, 5, 10, 15, 6, 7, 8, 9], (place) => words[place] ?? 0));
}

/** The state of Salsa20: constants on the diagonal, the key around them, 16 bytes in the middle. */
function inputOf(key: Uint8Array, middle: Uint8Array): Int32Array {
  const [k, n] = [Buffer.from(key), Buffer.from(middle)];
  const words = (from: Buffer, start: number): number[] =>
    [0, 4, 8, 12].map((at) => from.readInt32LE(start + at));
  const [s0 = 0, s1 = 0, s2 = 0, s3 = 0] = words(SIGMA, 0);
  return Int32Array.of(s0, ...words(k, 0), s1, ...words(n, 0), s2, ...words(k, 16), s3);
}

/** Columns, then rows, of four words each. */
const QUARTERS: readonly (readonly [number, number, number, number])[] = [
  [0, 4, 8, 12],
  [5, 9, 13, 1],
  [10, 14, 2, 6],
  [15, 3, 7, 11],
  [0, 1, 2, 3],
  [5, 6, 7, 4],
  [10, 11, 8, 9],
  [15, 12, 13, 14],
];

function rounds(input: Int32Array): Int32Array {
  const x = Int32Array.from(input);
  const at = (place: number): number => x[place] ?? 0;
  const step = (to: number, one: number, other: number, by: number): void => {
    const sum = (at(one) + at(other)) | 0;
    x[to] = at(to) ^ ((sum << by) | (sum >>> (32 - by)));
  };
  for (let round = 0; round < 10; round += 1) {
    for (const [a, b, c, d] of QUARTERS) {
      step(b, a, d, 7);
      step(c, b, a, 9);
      step(d, c, b, 13);
      step(a, d, c, 18);
    }
  }
  return x;
}

function toBytes(words: Int32Array): Buffer {
  const bytes = Buffer.alloc(words.length * 4);
  for (const [at, word] of words.entries()) bytes.writeInt32LE(word, at * 4);
  return bytes;
}

const PRIME = (1n << 130n) - 5n;
const CLAMP = 0x0ffffffc0ffffffc0ffffffc0fffffffn;

function poly1305(message: Uint8Array, key: Uint8Array): Buffer {
  const r = toNumber(key.subarray(0, 16)) & CLAMP;
  let sum = 0n;
  for (let at = 0; at < message.length; at += 16) {
    const block = message.subarray(at, at + 16);
    sum = ((sum + toNumber(block) + (1n << BigInt(8 * block.length))) * r) % PRIME;
  }
  const tag = (sum + toNumber(key.subarray(16, 32))) & ((1n << 128n) - 1n);
  return Buffer.from(tag.toString(16).padStart(32, '0'), 'hex').reverse();
}

/** Little endian. */
function toNumber(bytes: Uint8Array): bigint {
  return BigInt(`0x0${Buffer.from(bytes).reverse().toString('hex')}`);
}
