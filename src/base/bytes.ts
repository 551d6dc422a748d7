/**
 * The one stream type between folders: has back-pressure, is consumed once. Chunks are
 * 64 KiB to 1 MiB, so that the cost of a chunk does not show. What can be opened twice is
 * a function that returns `Bytes`.
 */
export type Bytes = AsyncIterable<Uint8Array>;

/**
 * A stream of something that can be gone through without reading it. Its chunks are valid until
 * the next one is asked for.
 */
export interface SkippableBytes extends Bytes {
  /**
   * Leaves out the next bytes of what was not given out yet. False, and nothing is left out,
   * when there are not so many.
   */
  skip(count: number): boolean;
}

/** Takes the pieces of a stream as they come. A piece is valid until the call returns. */
export type ByteSink = (chunk: Uint8Array) => void;

/** Reads a stream to its end into memory. Throws RangeError when it holds more than `limit` bytes. */
export async function collect(bytes: Bytes, limit = 4 * 1024 * 1024): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bytes) {
    size += chunk.length;
    if (size > limit) throw new RangeError(`more than ${limit} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

/** A stream of one chunk. */
export async function* once(chunk: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield chunk;
}
