import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../base/errors.ts';
import { openInside } from '../sys/inside.ts';

/**
 * Reads a file that somebody wrote for the builder: a regular one (a fifo would block for
 * ever) of at most `limit` bytes; `shown` is its name for messages. Undefined when there is none. Throws InvalidInputError.
 */
export function readInput(path: string, limit: number, shown = path): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isErrno(error, 'ENXIO')) throw new InvalidInputError(`${shown} is not a regular file`);
    throw error;
  }
  return bounded(fd, shown, limit);
}

/** As {@link readInput}, in a directory that came from elsewhere: no link leads out of it. */
export function readInputInside(root: string, path: string, limit: number): Buffer | undefined {
  const directory = openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const fd = openInside(directory, path, constants.O_RDONLY | constants.O_NONBLOCK);
    return bounded(fd, path, limit);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ENAMETOOLONG')) return undefined;
    if (isErrno(error, 'ENXIO')) throw new InvalidInputError(`${path} is not a regular file`);
    throw error;
  } finally {
    closeSync(directory);
  }
}

function bounded(fd: number, path: string, limit: number): Buffer {
  try {
    const stat = fstatSync(fd);
    if (!stat.isFile()) throw new InvalidInputError(`${path} is not a regular file`);
    if (stat.size > limit) {
      throw new InvalidInputError(`${path} is larger than ${limit} bytes`);
    }
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}
