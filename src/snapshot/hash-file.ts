import { createHash, hash as hashOf } from 'node:crypto';
import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type Digest, finish } from '../oci/digest.ts';

const PIECE = 256 * 1024;
/** Used by one call at a time: none of them waits. */
let buffer: Buffer | undefined;

/** The SHA-256 digest of a regular file's content. A last link is not followed. Throws system errors. */
export function hashFile(path: Buffer): Digest {
  return hashOpenFile(
    openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  );
}

/** The same of a file that was opened already, from where it stands. Closes it. */
export function hashOpenFile(fd: number): Digest {
  try {
    return hashRead(fd, Number.MAX_SAFE_INTEGER);
  } finally {
    closeSync(fd);
  }
}

/** The SHA-256 digest of what an open file still has to give, but of no more than `limit` bytes. */
export function hashRead(fd: number, limit: number): Digest {
  const piece = (buffer ??= Buffer.allocUnsafeSlow(PIECE));
  const read = (most: number): number => readSync(fd, piece, 0, Math.min(PIECE, most), null);
  let left = limit;
  let count = read(left);
  left -= count;
  // Small files, which are most, take one read and no state.
  if (count < PIECE) {
    return `sha256:${hashOf('sha256', piece.subarray(0, count), 'hex')}` as Digest;
  }
  const hash = createHash('sha256');
  while (count > 0) {
    hash.update(piece.subarray(0, count));
    count = left > 0 ? read(left) : 0;
    left -= count;
  }
  return finish(hash);
}
