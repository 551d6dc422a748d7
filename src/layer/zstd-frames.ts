import type { Bytes } from '../base/bytes.ts';
import { CompressionError } from './errors.ts';

const MAGIC = 0xfd2fb528;
const MAGIC_BYTES = Buffer.of(0x28, 0xb5, 0x2f, 0xfd);
/** The last four bits of a skippable frame's magic number are free. */
const SKIPPABLE = 0x184d2a50;
const DICTIONARY_BYTES = [0, 1, 2, 4] as const;
const CONTENT_SIZE_BYTES = [0, 2, 4, 8] as const;

/**
 * Cuts a zstd stream at the borders of its frames and leaves out skippable ones. Node's
 * decompressor drops, without an error, whatever follows a frame within one chunk; streams of
 * many frames are what seekable layers are made of. Throws CompressionError for bytes between
 * frames that are none, and for a stream that ends within a frame.
 *
 * @see https://www.rfc-editor.org/rfc/rfc8878#section-3.1
 */
export async function* zstdFrames(bytes: Bytes): AsyncGenerator<Uint8Array, void> {
  const walk = new FrameWalk();
  for await (const chunk of bytes) {
    let start = 0;
    for (let at = 0; at < chunk.length;) {
      at = walk.step(chunk, at);
      if (walk.event === 'begin') {
        start = at - MAGIC_BYTES.length;
        if (start < 0) {
          yield MAGIC_BYTES;
          start = at;
        }
      } else if (walk.event === 'end') {
        yield chunk.subarray(start, at);
      }
    }
    if (walk.inFrame && start < chunk.length) yield chunk.subarray(start);
  }
  walk.end();
}

type Element = 'magic' | 'skip size' | 'descriptor' | 'header' | 'block' | 'checksum';

/** Follows the structure of a stream without looking at its data. */
class FrameWalk {
  /** What the last step came to: the end of a frame's magic number, or of a frame. */
  event: 'begin' | 'end' | undefined;
  inFrame = false;
  #element: Element = 'magic';
  /** The bytes of the current element, as far as they have come. */
  readonly #field = Buffer.alloc(16);
  #have = 0;
  #need = 4;
  /** Bytes of data before the current element. */
  #data = 0;
  #checksum = false;

  /** Goes over one element, or as much of it as the chunk has. Returns where it ends. */
  step(chunk: Uint8Array, at: number): number {
    this.event = undefined;
    if (this.#data > 0) {
      const length = Math.min(this.#data, chunk.length - at);
      this.#data -= length;
      if (this.#data === 0 && this.#need === 0) this.#endFrame();
      return at + length;
    }
    let index = at;
    while (this.#have < this.#need && index < chunk.length) {
      this.#field[this.#have++] = chunk[index++]!;
    }
    if (this.#have === this.#need) this.#take();
    return index;
  }

  end(): void {
    if (this.#element === 'magic' && this.#have === 0 && this.#data === 0) return;
    throw new CompressionError('damaged zstd data: it ends too early');
  }

  #take(): void {
    const field = this.#field;
    this.#have = 0;
    switch (this.#element) {
      case 'magic':
        return this.#magic(field.readUInt32LE());
      case 'skip size':
        this.#data = field.readUInt32LE();
        return this.#expect('magic', 4);
      case 'descriptor': {
        const single = (field[0]! & 0x20) !== 0;
        const sizeBytes = CONTENT_SIZE_BYTES[(field[0]! >> 6) as 0 | 1 | 2 | 3];
        const dictionaryBytes = DICTIONARY_BYTES[(field[0]! & 3) as 0 | 1 | 2 | 3];
        this.#checksum = (field[0]! & 4) !== 0;
        // One segment: a content size always, and no window size.
        const rest = dictionaryBytes + (single ? Math.max(1, sizeBytes) : 1 + sizeBytes);
        return this.#expect('header', rest);
      }
      case 'header':
        return this.#expect('block', 3);
      case 'block':
        return this.#block(field.readUIntLE(0, 3));
      case 'checksum':
        return this.#endFrame();
      default:
    }
  }

  #magic(magic: number): void {
    if (magic === MAGIC) {
      this.inFrame = true;
      this.event = 'begin';
      this.#expect('descriptor', 1);
    } else if ((magic & ~0xf) >>> 0 === SKIPPABLE) {
      this.#expect('skip size', 4);
    } else {
      throw new CompressionError('damaged zstd data: something else follows it');
    }
  }

  #block(head: number): void {
    const last = (head & 1) !== 0;
    const kind = (head >> 1) & 3;
    // A run of one byte says how long it is, but holds the byte once.
    this.#data = kind === 1 ? 1 : head >> 3;
    if (!last) this.#expect('block', 3);
    else if (this.#checksum) this.#expect('checksum', 4);
    else if (this.#data > 0) this.#expect('magic', 0);
    else this.#endFrame();
  }

  #endFrame(): void {
    this.inFrame = false;
    this.event = 'end';
    this.#expect('magic', 4);
  }

  #expect(element: Element, bytes: number): void {
    this.#element = element;
    this.#need = bytes;
  }
}
