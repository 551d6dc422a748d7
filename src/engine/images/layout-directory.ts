import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import type { Bytes } from '../../base/bytes.ts';
import { isErrno } from '../../base/errors.ts';
import { encodeHeader, padding, TRAILER } from '../../layer/tar-writer.ts';
import { InvalidArchiveError } from '../../transport/errors.ts';
import { namesIn } from '../../sys/names-in.ts';

const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
const CHUNK = 1024 * 1024;
const BLOB_NAME = /^[0-9a-f]{64}(?:[0-9a-f]{64})?$/;

/**
 * An OCI layout that lies unpacked in a directory, as the archive that it would be. Only its
 * own files are looked at, and links are not followed. Throws InvalidArchiveError when it is
 * none.
 */
export async function* layoutDirectory(path: string): Bytes {
  if (!namesIn(path, 'ENOTDIR').includes('index.json')) {
    throw new InvalidArchiveError(`the directory ${path} is no OCI layout: it has no index.json`);
  }
  for (const name of ['oci-layout', 'index.json', 'manifest.json']) yield* file(path, name);
  for (const algorithm of ['sha256', 'sha512']) {
    for (const blob of namesIn(`${path}/blobs/${algorithm}`, 'ENOTDIR').sort()) {
      if (BLOB_NAME.test(blob)) yield* file(path, `blobs/${algorithm}/${blob}`);
    }
  }
  yield TRAILER;
}

/** A file as a tar entry; nothing when there is no regular file of that name. */
function* file(directory: string, name: string): Generator<Uint8Array, void> {
  const fd = open(`${directory}/${name}`);
  if (fd === undefined) return;
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) return;
    const { size } = stat;
    const rest = { mode: 0o644, uid: 0, gid: 0, mtime: 0n, xattrs: new Map<string, Buffer>() };
    yield encodeHeader({ path: Buffer.from(name), type: 'file', size, ...rest });
    for (let at = 0; at < size;) {
      const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size - at));
      const count = readSync(fd, chunk, 0, chunk.length, at);
      if (count === 0) throw new InvalidArchiveError(`${name} became shorter while it was read`);
      at += count;
      yield chunk.subarray(0, count);
    }
    yield padding(size);
  } finally {
    closeSync(fd);
  }
}

function open(path: string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ELOOP')) return undefined;
    throw error;
  }
}
