import type { Bytes } from '../base/bytes.ts';

/** The beginning of a stream, and the whole stream to go on with. */
export interface Peeked {
  /** `size` bytes, fewer only where the stream has no more. */
  readonly head: Buffer;
  readonly bytes: Bytes;
  /** Ends the stream for somebody who will not read on: leaving `bytes` unread does not. */
  readonly close: () => Promise<void>;
}

/** Looks at the first `size` bytes of a stream without losing them. */
export async function peek(bytes: Bytes, size: number): Promise<Peeked> {
  const iterator = bytes[Symbol.asyncIterator]();
  const chunks: Uint8Array[] = [];
  let length = 0;
  while (length < size) {
    const next = await iterator.next();
    if (next.done) break;
    length += next.value.length;
    // Chunks are valid until the next one only.
    chunks.push(length < size ? Uint8Array.from(next.value) : next.value);
  }
  return {
    // Of the last chunk, which may be large, the beginning.
    head: Buffer.concat(chunks.map((chunk) => chunk.subarray(0, size))).subarray(0, size),
    bytes: resumed(chunks, iterator),
    close: async () => void (await iterator.return?.()),
  };
}

async function* resumed(chunks: Uint8Array[], iterator: AsyncIterator<Uint8Array>): Bytes {
  try {
    yield* chunks.splice(0);
    yield* leftOpen(iterator);
  } finally {
    await iterator.return?.();
  }
}

/** The rest of an iterator as a stream that may be left early without closing it. */
export function leftOpen(iterator: AsyncIterator<Uint8Array>): Bytes {
  return { [Symbol.asyncIterator]: () => ({ next: () => iterator.next() }) };
}
