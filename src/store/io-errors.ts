import { DiskFullError, isErrno } from '../base/errors.ts';
import { StoreReadOnlyError } from './errors.ts';

/** Runs file work below `root` and gives its expected failures the store's own errors. */
export function withStoreErrors<T>(root: string, action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw storeError(root, error);
  }
}

/** The store's error for what a system call below `root` said; other errors stay what they are. */
export function storeError(root: string, error: unknown): unknown {
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return new DiskFullError(root, error);
  if (isErrno(error, 'EROFS', 'EACCES', 'EPERM', 'ENOTDIR', 'ENAMETOOLONG'))
    return new StoreReadOnlyError(root, error);
  return error;
}
