import { createHash, hash as hashOf } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Digest, finish } from '../oci/digest.ts';

const PIECE = 256 * 1024;

/** The SHA-256 digest of a regular file's content. A last link is not followed. Throws system errors. */
export function hashFile(path: Buffer): Digest {
  return hashOpenFile(
    openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
  );
}

/** The same of a file that was opened already, from where it stands. Closes it. */
export function hashOpenFile(fd: number): Digest {
  try {
    // Small files, which are most, take one read and no state.
    const size = Math.min(fstatSync(fd).size + 1, PIECE);
    const buffer = Buffer.allocUnsafeSlow(size);
    let read = readSync(fd, buffer, 0, size, null);
    if (read < size) return `sha256:${hashOf('sha256', buffer.subarray(0, read), 'hex')}` as Digest;
    const hash = createHash('sha256');
    while (read > 0) {
      hash.update(buffer.subarray(0, read));
      read = readSync(fd, buffer, 0, size, null);
    }
    return finish(hash);
  } finally {
    closeSync(fd);
  }
}
