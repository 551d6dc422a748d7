import { createHash, hash as hashOf } from 'node:crypto';
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { type Digest, finish } from '../oci/digest.ts';

const PIECE = 256 * 1024;

/** The SHA-256 digest of a regular file's content. A last link is not followed. Throws system errors. */
export function hashFile(path: Buffer): Digest {
  const fd = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
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
