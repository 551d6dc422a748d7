import { createHash } from 'node:crypto';
import { closeSync, openSync, read } from 'node:fs';
import { promisify } from 'node:util';
import { isErrno } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';

const PIECE = 1024 * 1024;
const readFd = promisify(read);

/** What reading a content told. */
export type FileState = 'right' | 'wrong' | 'missing';

/**
 * Reads a file and compares its digest. What the disk cannot read is wrong. `passed` is called
 * with the bytes of each piece and may hold the reading up.
 */
export async function verifyFile(
  path: string,
  digest: Digest,
  passed: (bytes: number) => Promise<void> | void = () => undefined,
): Promise<FileState> {
  const hash = createHash(digest.startsWith('sha256:') ? 'sha256' : 'sha512');
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return 'missing';
    if (isErrno(error, 'EIO')) return 'wrong';
    throw error;
  }
  try {
    const piece = Buffer.allocUnsafe(PIECE);
    for (let at = 0; ;) {
      const { bytesRead } = await readFd(fd, piece, 0, PIECE, at);
      if (bytesRead === 0) break;
      hash.update(piece.subarray(0, bytesRead));
      at += bytesRead;
      await passed(bytesRead);
    }
  } catch (error) {
    if (isErrno(error, 'EIO')) return 'wrong';
    throw error;
  } finally {
    closeSync(fd);
  }
  return digest.endsWith(`:${hash.digest('hex')}`) ? 'right' : 'wrong';
}
