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
/** No name, no time, of Unix. */
const HEADER = Buffer.of(0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3);
/** An empty last block. */
const END = Buffer.of(3, 0);

/**
 * One gzip member, compressed in blocks on several threads. Blocks have a fixed size and each
 * one knows the end of that before it, so the bytes depend on the input alone.
 *
 * @see https://www.rfc-editor.org/rfc/rfc1952
 */
export async function* gzipped(bytes: Bytes, level = LEVEL): AsyncGenerator<Uint8Array, void> {
  const { crc32 } = zlib();
  const running: Promise<Uint8Array>[] = [];
  let before: Buffer | undefined;
  let crc = 0;
  let size = 0;
  yield HEADER;
  try {
    for await (const block of blocks(bytes, BLOCK)) {
      crc = crc32(block, crc);
      size += block.length;
      running.push(deflated(block, before?.subarray(-WINDOW), level));
      before = block;
      if (running.length >= AT_ONCE) yield await running.shift()!;
    }
    while (running.length > 0) yield await running.shift()!;
  } finally {
    await Promise.allSettled(running);
  }
  const trailer = Buffer.alloc(8);
  trailer.writeUInt32LE(crc);
  trailer.writeUInt32LE(size % 2 ** 32, 4);
  yield Buffer.concat([END, trailer]);
}

function deflated(
  block: Uint8Array,
  dictionary: Uint8Array | undefined,
  level: number,
): Promise<Uint8Array> {
  const { constants, deflateRaw } = zlib();
  return promisify(deflateRaw)(block, {
    level,
    chunkSize: BLOCK,
    // Ends at a byte, so that the next block can follow.
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(dictionary && { dictionary }),
  });
}

/** The same bytes in chunks of `size`, all but the last. Chunks are never written to again. */
export async function* blocks(bytes: Bytes, size: number): AsyncGenerator<Buffer, void> {
  let block = Buffer.allocUnsafeSlow(size);
  let have = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length;) {
      const piece = chunk.subarray(at, at + size - have);
      block.set(piece, have);
      have += piece.length;
      at += piece.length;
      if (have < size) continue;
      yield block;
      block = Buffer.allocUnsafeSlow(size);
      have = 0;
    }
  }
  if (have > 0) yield block.subarray(0, have);
}
