import type { Bytes } from '../../base/bytes.ts';

/** No piece is smaller, but for the last one. */
const LEAST = 512 * 1024;
/** No piece is larger. */
export const MOST = 8 * 1024 * 1024;
/** Ends a piece every 1.5 MiB on average, once it has reached its least size. */
const MASK = 0x1ffff8;
const BUFFER = 2 * MOST;

/** A random number for each byte: the same in every version, or nothing would be found again. */
const GEAR = gear();

/**
 * Cuts a stream into pieces whose ends depend on the bytes around them and not on where they
 * stand: what is put in or taken out changes the pieces nearby, and those behind stay the same.
 *
 * @see https://www.usenix.org/conference/atc16/technical-sessions/presentation/xia
 */
export async function* chunks(bytes: Bytes): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.allocUnsafe(BUFFER);
  let length = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      const part = chunk.subarray(at, at + BUFFER - length);
      buffer.set(part, length);
      length += part.length;
      at += part.length;
      while (length >= MOST) {
        const end = endOf(buffer, length);
        yield Buffer.from(buffer.subarray(0, end));
        buffer.copyWithin(0, end, length);
        length -= end;
      }
    }
  }
  while (length > 0) {
    const end = endOf(buffer, length);
    yield Buffer.from(buffer.subarray(0, end));
    buffer.copyWithin(0, end, length);
    length -= end;
  }
}

/** Where the first piece of the buffer ends. */
function endOf(buffer: Buffer, length: number): number {
  const limit = Math.min(length, MOST);
  let hash = 0;
  for (let at = LEAST; at < limit; at += 1) {
    hash = ((hash << 1) + GEAR[buffer[at]!]!) | 0;
    if ((hash & MASK) === 0) return at + 1;
  }
  return limit;
}

/** Marsaglia's generator, from a fixed beginning. */
function gear(): Int32Array {
  const table = new Int32Array(256);
  let state = 0x9e3779b9;
  for (let at = 0; at < table.length; at += 1) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    table[at] = state;
  }
  return table;
}
