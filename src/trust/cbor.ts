import { InvalidInputError } from '../base/errors.ts';

/** What CBOR can say, as far as envelopes of signatures need it. */
export type Cbor =
  | number
  | string
  | boolean
  | null
  | Buffer
  | readonly Cbor[]
  | ReadonlyMap<Cbor, Cbor>
  | Tagged;

/** A value with a tag that says how it is meant. */
export interface Tagged {
  readonly tag: number;
  readonly value: Cbor;
}

const DEPTH_LIMIT = 16;
const COUNT_LIMIT = 1000;

/**
 * Reads one CBOR value that fills the data. Lengths must be definite; floats and numbers past
 * 2^53 are refused. Throws InvalidInputError.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8949
 */
export function readCbor(data: Buffer): Cbor {
  const reader = new Reader(data);
  const value = reader.value(0);
  if (!reader.atEnd) throw wrong();
  return value;
}

/** True for a tagged value, and no other. */
export function isTagged(value: Cbor | undefined): value is Tagged {
  return typeof value === 'object' && value !== null && 'tag' in value;
}

/** The CBOR of a byte string. */
export function cborBytes(bytes: Uint8Array): Buffer {
  const head = Buffer.alloc(5);
  head[0] = 0x5a;
  if (bytes.length < 24) return Buffer.concat([Buffer.of(0x40 | bytes.length), bytes]);
  if (bytes.length < 0x100) return Buffer.concat([Buffer.of(0x58, bytes.length), bytes]);
  if (bytes.length < 0x1_0000) {
    return Buffer.concat([Buffer.of(0x59, bytes.length >> 8, bytes.length & 0xff), bytes]);
  }
  head.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([head, bytes]);
}

class Reader {
  readonly #data: Buffer;
  #at = 0;

  constructor(data: Buffer) {
    this.#data = data;
  }

  get atEnd(): boolean {
    return this.#at === this.#data.length;
  }

  value(depth: number): Cbor {
    if (depth > DEPTH_LIMIT) throw wrong();
    const [head = 0] = this.#take(1);
    const kind = head >> 5;
    if (kind === 7) return simple(head & 0x1f);
    const number = this.#number(head & 0x1f);
    switch (kind) {
      case 0:
        return number;
      case 1:
        return -1 - number;
      case 2:
        return this.#take(number);
      case 3:
        return this.#take(number).toString();
      case 4:
        return Array.from({ length: counted(number) }, () => this.value(depth + 1));
      case 5:
        return this.#map(counted(number), depth);
      default:
        return { tag: number, value: this.value(depth + 1) };
    }
  }

  #map(count: number, depth: number): ReadonlyMap<Cbor, Cbor> {
    const map = new Map<Cbor, Cbor>();
    for (let at = 0; at < count; at += 1) {
      const key = this.value(depth + 1);
      // What is there twice could be read in two ways.
      if (map.has(key)) throw wrong();
      map.set(key, this.value(depth + 1));
    }
    return map;
  }

  #number(short: number): number {
    if (short < 24) return short;
    if (short > 27) throw wrong();
    const bytes = this.#take(2 ** (short - 24));
    const number = Number(BigInt(`0x${bytes.toString('hex')}`));
    if (!Number.isSafeInteger(number)) throw wrong();
    return number;
  }

  #take(count: number): Buffer {
    if (count > this.#data.length - this.#at) throw wrong();
    const bytes = this.#data.subarray(this.#at, this.#at + count);
    this.#at += count;
    return bytes;
  }
}

function simple(value: number): boolean | null {
  if (value === 20 || value === 21) return value === 21;
  if (value === 22) return null;
  throw wrong();
}

function counted(count: number): number {
  if (count > COUNT_LIMIT) throw wrong();
  return count;
}

function wrong(): InvalidInputError {
  return new InvalidInputError('the envelope is not valid CBOR');
}
