import { createHash } from 'node:crypto';
import { closeSync, readSync } from 'node:fs';
import { finish, type Digest } from '../../oci/digest.ts';

const buffer: { bytes?: Buffer } = {};

/** SHA-256 of an open file from where it stands; closes it. */
export function hashFile(fd: number): Digest {
  try {
    const bytes = (buffer.bytes ??= Buffer.allocUnsafe(1024 * 1024));
    const hash = createHash('sha256');
    for (;;) {
      const count = readSync(fd, bytes, 0, bytes.length, null);
      if (count === 0) return finish(hash);
      hash.update(bytes.subarray(0, count));
    }
  } finally {
    closeSync(fd);
  }
}
