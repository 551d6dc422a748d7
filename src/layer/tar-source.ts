import type { Bytes } from '../base/bytes.ts';
import { TarFormatError } from './errors.ts';
import { BLOCK, wordsOf } from './tar-fields.ts';

const EMPTY = new Uint8Array(0);

/**
 * A cursor over a stream of chunks. What lies whole within a chunk is handed out in place;
 * only what crosses the border between two chunks is copied.
 */
export class TarSource {
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** A header that lies across two chunks is put together here. */
  readonly #joined = new Uint8Array(BLOCK);
  #chunk: Uint8Array = EMPTY;
  #at = 0;
  #before = 0;
  #ended = false;
  /** The block that the last `block()` found, together with `offset`. */
  current: Uint8Array = EMPTY;
  offset = 0;
  /** `current` in words, where that can be. */
  words: Uint32Array | undefined;
  #chunkWords: Uint32Array | undefined;

  readonly #skipAhead: ((count: number) => boolean) | undefined;

  constructor(bytes: Bytes, skipAhead?: (count: number) => boolean) {
    this.#chunks = bytes[Symbol.asyncIterator]();
    this.#skipAhead = skipAhead;
  }

  /** Bytes handed out or skipped so far. */
  get position(): number {
    return this.#before + this.#at;
  }

  /** Bytes that can be had without waiting. */
  get available(): number {
    return this.#chunk.length - this.#at;
  }

  /** Waits for bytes. False at the end of the stream. */
  async more(): Promise<boolean> {
    while (this.available === 0) {
      if (this.#ended) return false;
      const next = await this.#chunks.next();
      this.#before += this.#chunk.length;
      this.#at = 0;
      this.#chunk = next.done === true ? EMPTY : next.value;
      this.#ended = next.done === true;
      this.#chunkWords = this.#chunk.length < BLOCK ? undefined : wordsOf(this.#chunk);
    }
    return true;
  }

  /** Points `current` and `offset` at the next block if it is at hand. */
  blockAtHand(): boolean {
    if (this.available < BLOCK) return false;
    this.current = this.#chunk;
    this.words = this.#chunkWords;
    this.offset = this.#at;
    this.#at += BLOCK;
    return true;
  }

  /** Points `current` and `offset` at the next block. False at the end of the stream. */
  async block(): Promise<boolean> {
    if (this.blockAtHand()) return true;
    let have = 0;
    while (have < BLOCK) {
      if (!(await this.more())) {
        if (have === 0) return false;
        throw new TarFormatError(`it ends within a header at byte ${this.position}`);
      }
      const piece = this.take(BLOCK - have);
      this.#joined.set(piece, have);
      have += piece.length;
    }
    this.current = this.#joined;
    this.words = undefined;
    this.offset = 0;
    return true;
  }

  /** At most `limit` bytes of those at hand, in place. */
  take(limit: number): Uint8Array {
    const start = this.#at;
    this.#at = Math.min(this.#chunk.length, start + limit);
    return this.#chunk.subarray(start, this.#at);
  }

  /** Reads exactly `size` bytes into memory, which grows with what arrives, not with `size`. */
  async read(size: number, what: string): Promise<Buffer> {
    const pieces: Uint8Array[] = [];
    for (let missing = size; missing > 0;) {
      if (!(await this.more())) throw this.cutOff(what);
      const piece = this.take(missing);
      missing -= piece.length;
      // Chunks are valid until the next one only.
      pieces.push(missing > 0 ? Uint8Array.from(piece) : piece);
    }
    return Buffer.concat(pieces, size);
  }

  /** Skips if all of it is at hand. */
  skipAtHand(size: number): boolean {
    if (this.available < size) return false;
    this.#at += size;
    return true;
  }

  async skip(size: number, what: string): Promise<void> {
    let left = size - this.take(size).length;
    // All that was read is used up: what is left has not been read yet.
    if (left > 0 && this.#skipAhead?.(left) === true) {
      this.#before += left;
      return;
    }
    while (left > 0) {
      if (!(await this.more())) throw this.cutOff(what);
      left -= this.take(left).length;
    }
  }

  cutOff(what: string): TarFormatError {
    return new TarFormatError(`it ends within ${what} at byte ${this.position}`);
  }

  /** Lets go of the stream. */
  async close(): Promise<void> {
    if (!this.#ended) await this.#chunks.return?.();
    this.#ended = true;
  }
}
