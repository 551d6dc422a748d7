import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../base/errors.ts';

/**
 * Reads a file that somebody wrote for the builder: a regular one (a fifo would block for
 * ever) of at most `limit` bytes. Undefined when there is none. Throws InvalidInputError.
 */
export function readInput(path: string, limit: number): Buffer | undefined {
  let fd: number;
  try {
    fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    if (isErrno(error, 'ENXIO')) throw new InvalidInputError(`${path} is not a regular file`);
    throw error;
  }
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
