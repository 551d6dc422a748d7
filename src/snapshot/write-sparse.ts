import { writeAll } from '../sys/write-all.ts';

/** What file systems hold, or leave out, at a time. */
const BLOCK = 4096;
const ZEROS = Buffer.alloc(BLOCK);

/** Writes `bytes` at `position` but for whole blocks of zeros: the caller sets the file's length at the end. */
export function writeSparse(fd: number, bytes: Uint8Array, position: number): void {
  let start = 0;
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(bytes.length, at + BLOCK - ((position + at) % BLOCK));
    if (isZero(bytes, at, end)) {
      if (at > start) writeAll(fd, bytes.subarray(start, at), position + start);
      start = end;
    }
    at = end;
  }
  if (start < bytes.length) writeAll(fd, bytes.subarray(start), position + start);
}

function isZero(bytes: Uint8Array, start: number, end: number): boolean {
  // Nearly every block of data shows at one of its ends.
  if (bytes[start] !== 0 || bytes[end - 1] !== 0) return false;
  return Buffer.compare(bytes.subarray(start, end), ZEROS.subarray(0, end - start)) === 0;
}
