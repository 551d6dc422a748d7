import { closeSync, openSync, readSync } from 'node:fs';
import type { Bytes } from '../base/bytes.ts';
import { InvalidInputError, isErrno } from '../base/errors.ts';

const CHUNK = 512 * 1024;

/** A file's content. Throws InvalidInputError where it cannot be opened, in the words users know. */
export function fileBytes(path: string, typed: string): Bytes {
  const fd = openTyped(path, typed);
  return (async function* () {
    try {
      for (;;) {
        // A new buffer each time: what was handed on may still be in use.
        const chunk = Buffer.allocUnsafeSlow(CHUNK);
        const size = readSync(fd, chunk);
        if (size === 0) return;
        yield chunk.subarray(0, size);
      }
    } catch (error) {
      if (isErrno(error, 'EISDIR')) throw new InvalidInputError(`read ${typed}: is a directory`);
      throw error;
    } finally {
      closeSync(fd);
    }
  })();
}

function openTyped(path: string, typed: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw explainOpen(error, typed) ?? error;
  }
}

/** `open x: no such file or directory` and its like; undefined for errors that are not the user's. */
export function explainOpen(error: unknown, typed: string): InvalidInputError | undefined {
  const reason = reasonOf(error);
  return reason === undefined ? undefined : new InvalidInputError(`open ${typed}: ${reason}`);
}

/** The system's words for the errors that a path typed by a user can meet. */
export function reasonOf(error: unknown): string | undefined {
  if (isErrno(error, 'ENOENT')) return 'no such file or directory';
  if (isErrno(error, 'EACCES', 'EPERM')) return 'permission denied';
  if (isErrno(error, 'ENOTDIR')) return 'not a directory';
  if (isErrno(error, 'EISDIR')) return 'is a directory';
  if (isErrno(error, 'ELOOP')) return 'too many levels of symbolic links';
  if (isErrno(error, 'ENAMETOOLONG')) return 'file name too long';
  if (isErrno(error, 'EROFS')) return 'read-only file system';
  if (isErrno(error, 'ENXIO')) return 'no such device or address';
  return undefined;
}
