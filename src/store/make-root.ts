import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { StoreReadOnlyError } from './errors.ts';

/**
 * Makes a directory for its owner alone, with those above it; one that is there stays as it is.
 * Node's own way never ends below what lets nobody make files, such as `/proc`. Throws
 * StoreReadOnlyError there, and system errors.
 */
export function makeRoot(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (isErrno(error, 'EEXIST') && statSync(path).isDirectory()) return;
    if (!isErrno(error, 'ENOENT')) throw error;
    const parent = dirname(path);
    if (parent === path || isDirectory(parent)) throw new StoreReadOnlyError(path, error);
    makeRoot(parent);
    makeRoot(path);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
