import { read, readSync } from 'node:fs';
import { promisify } from 'node:util';
import type { Bytes } from '../base/bytes.ts';

/** So little is read at once: to hand it to another thread takes longer. */
const SHORT = 64 * 1024;
/** The memory that all readers of long files have together, as long as there are not too many. */
const BUDGET = 16 * 1024 * 1024;
const LARGEST = 1024 * 1024;
const LEAST = 128 * 1024;
const readFd = promisify(read);

let readers = 0;

/**
 * The bytes of a file from `start` up to, not including, `end`. A piece is valid until the next
 * one is asked for. Calls `close` at the end. Throws when the file is shorter.
 */
export async function* readPieces(
  fd: number,
  start: number,
  end: number,
  close: () => void,
): Bytes {
  try {
    if (end - start > SHORT) yield* longPieces(fd, start, end);
    else if (end > start) yield shortPiece(fd, start, end);
  } finally {
    close();
  }
}

function shortPiece(fd: number, start: number, end: number): Buffer {
  const buffer = Buffer.allocUnsafe(end - start);
  if (readSync(fd, buffer, 0, buffer.length, start) < buffer.length) throw shorter();
  return buffer;
}

/** Reads the next piece while one is sent; the more files are read at once the smaller they are. */
async function* longPieces(fd: number, start: number, end: number): Bytes {
  readers += 1;
  const share = 2 ** Math.floor(Math.log2(BUDGET / 2 / readers));
  const size = Math.min(Math.max(share, LEAST), LARGEST, end - start);
  // Not of the pool, which would keep more.
  let [filling, other] = [Buffer.allocUnsafeSlow(size), Buffer.allocUnsafeSlow(size)];
  const fill = (at: number): Promise<Buffer> =>
    filled(fd, filling.subarray(0, Math.min(size, end - at)), at);
  let next = fill(start);
  try {
    for (let at = start; at < end;) {
      const piece = await next;
      at += piece.length;
      [filling, other] = [other, filling];
      if (at < end) next = fill(at);
      yield piece;
    }
  } finally {
    readers -= 1;
    // The file is closed after this, and its number is another's.
    await next.catch(() => undefined);
  }
}

async function filled(fd: number, buffer: Buffer, at: number): Promise<Buffer> {
  for (let had = 0; had < buffer.length;) {
    const { bytesRead } = await readFd(fd, buffer, had, buffer.length - had, at + had);
    if (bytesRead === 0) throw shorter();
    had += bytesRead;
  }
  return buffer;
}

const shorter = (): Error => new Error('a blob became shorter');
