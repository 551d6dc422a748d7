import { promisify } from 'node:util';
import type { Bytes } from '../base/bytes.ts';
import { zlib } from './zlib-stream.ts';

/*
 * The level that reaches the size of other tools' layers; above it time grows much faster than
 * the result shrinks. It and the sizes below are part of the bytes of pushed layers.
 */
const LEVEL = 3;
const BLOCK = 1024 * 1024;
const WINDOW = 32 * 1024;
/** As many as libuv has threads. */
const AT_ONCE = 4;
/** What a block is compressed into: most need no second one. */
const PIECE = 512 * 1024;
/** No name, no time, of Unix. */
const HEADER = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
/** An empty last block. */
const END = Buffer.of(3, 0);
/** The longest stored block of deflate. */
const STORED = 65_535;
/** What each of them begins with. */
const STORED_HEAD = 5;
/** A block with room to be stored in place. */
const ROOM = BLOCK + STORED_HEAD * Math.ceil(BLOCK / STORED);
/** Bytes of a block that are looked at to see whether it could be random. */
const SAMPLE = 4096;
/** So many pieces of so many bytes, which is more than a window, are then tried. */
const PIECES = 4;
const TRIED = 64 * 1024;
/** What compresses to no less than this is stored: a hundredth is not worth the time. */
const WORTH = 0.99;

/** How to compress. */
export interface CompressOptions {
  /** gzip 0 to 9, zstd 1 to 22; without one, that of layers. */
  readonly level?: number | undefined;
  /** What comes out holds until the next chunk is asked for: its memory is used again. */
  readonly passing?: boolean;
}

/**
 * One gzip member, compressed in blocks on several threads. Blocks have a fixed size and each
 * one knows the end of that before it, so the bytes depend on the input alone. Blocks that would
 * not become smaller are stored: trying takes longer than all else.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export async function* gzipped(
  bytes: Bytes,
  { level = LEVEL, passing = false }: CompressOptions = {},
): AsyncGenerator<Uint8Array, void> {
  const { crc32 } = zlib();
  const running: Promise<Packed>[] = [];
  /** Memory that was used and can be used again: new memory costs more than what is done with it. */
  const spare: Buffer[] = [];
  const fresh = (): Buffer => spare.pop() ?? Buffer.allocUnsafeSlow(ROOM);
  async function* first(): AsyncGenerator<Uint8Array, void> {
    const { memory, bytes } = await running.shift()!;
    yield bytes;
    if (passing || bytes.buffer !== memory.buffer) spare.push(memory);
  }
  const before = Buffer.allocUnsafeSlow(WINDOW);
  let known = 0;
  let crc = 0;
  let size = 0;
  yield HEADER;
  try {
    for await (const block of blocks(bytes, BLOCK, fresh)) {
      crc = crc32(block, crc);
      size += block.length;
      running.push(packed(block, before.subarray(0, known), level));
      known = block.copy(before, 0, Math.max(0, block.length - WINDOW));
      if (running.length >= AT_ONCE) yield* first();
    }
    while (running.length > 0) yield* first();
  } finally {
    await Promise.allSettled(running);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield Buffer.concat([END, trailer]);
}

/** A block in deflate's form. */
interface Packed {
  /** The memory that it came in. */
  readonly memory: Buffer;
  readonly bytes: Uint8Array;
}

/** `dictionary` may change once this has returned its promise. */
async function packed(block: Buffer, dictionary: Buffer, level: number): Promise<Packed> {
  const memory = Buffer.from(block.buffer);
  const deflate = async (known: Buffer): Promise<Packed> => ({
    memory,
    bytes: await deflated(block, known, level),
  });
  if (level === 0 || !looksRandom(block)) return deflate(dictionary);
  const own = Buffer.from(dictionary);
  if (!(await isRandom(block))) return deflate(own);
  return { memory, bytes: storedIn(memory, block.length) };
}

function deflated(block: Buffer, dictionary: Buffer, level: number): Promise<Uint8Array> {
  const { constants, deflateRaw } = zlib();
  return promisify(deflateRaw)(block, {
    level,
    chunkSize: PIECE,
    // Ends at a byte, so that the next block can follow.
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(dictionary.length > 0 && { dictionary }),
  });
}

/** True when some bytes of a block are about as different as they could be: that is soon seen. */
function looksRandom(block: Uint8Array): boolean {
  if (block.length < SAMPLE) return false;
  const counts = new Uint16Array(256);
  // Odd, so that what lies in rows of some width is not looked at in one column.
  const step = Math.floor(block.length / SAMPLE) | 1;
  let looked = 0;
  for (let at = 0; at < block.length; at += step, looked += 1) counts[block[at]!]! += 1;
  let squares = 0;
  for (const count of counts) squares += count * count;
  const even = (looked * looked) / 256 + looked;
  return squares < even * 1.15;
}

/** True when nothing repeats in a block, as far as some pieces of it show. */
async function isRandom(block: Buffer): Promise<boolean> {
  const { constants, zstdCompress } = zlib();
  const step = Math.ceil(block.length / PIECES);
  const pieces = Array.from({ length: PIECES }, (_, at) =>
    block.subarray(at * step, at * step + TRIED),
  );
  const tried = Buffer.concat(pieces);
  const smaller = await promisify(zstdCompress)(tried, {
    chunkSize: tried.length + 1024,
    params: { [constants.ZSTD_c_compressionLevel]: 1 },
  });
  return smaller.length >= tried.length * WORTH;
}

/** The first bytes of `memory` as they are, in the words of deflate, in the same memory. */
function storedIn(memory: Buffer, size: number): Buffer {
  const count = Math.ceil(size / STORED);
  // From the end, so that nothing is written over before it has moved.
  for (let piece = count - 1; piece >= 0; piece -= 1) {
    const from = piece * STORED;
    const length = Math.min(STORED, size - from);
    const to = from + STORED_HEAD * piece;
    memory.copyWithin(to + STORED_HEAD, from, from + length);
    memory[to] = 0;
    memory.writeUInt16LE(length, to + 1);
    memory.writeUInt16LE(length ^ 0xffff, to + 3);
  }
  return memory.subarray(0, size + STORED_HEAD * count);
}

/**
 * The same bytes in chunks of `size`, all but the last. Chunks are never written to again, unless
 * `fresh` gives memory that was used before.
 */
export async function* blocks(
  bytes: Bytes,
  size: number,
  fresh = (): Buffer => Buffer.allocUnsafeSlow(size),
): AsyncGenerator<Buffer, void> {
  let block = fresh();
  let have = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + size - have);
      block.set(piece, have);
      have += piece.length;
      at += piece.length;
      if (have < size) continue;
      yield block.subarray(0, size);
      block = fresh();
      have = 0;
    }
  }
  if (have > 0) yield block.subarray(0, have);
}
