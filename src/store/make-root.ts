import { isErrno } from '../base/errors.ts';
import { makeDirectories } from '../sys/make-directories.ts';
import { StoreReadOnlyError } from './errors.ts';

/**
 * Makes a directory for its owner alone, with those above it; one that is there stays as it is.
 * Throws StoreReadOnlyError where nobody can make one, and system errors.
 */
export function makeRoot(path: string): void {
  try {
    makeDirectories(path, 0o700);
  } catch (error) {
    throw isErrno(error, 'ENOENT') ? new StoreReadOnlyError(path, error) : error;
  }
}
