import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from '../base/errors.ts';

/**
 * Makes a directory with those above it; one that is there stays as it is. Node's own way never
 * ends below what lets nobody make files, such as `/proc`. Throws system errors: ENOENT there.
 */
export function makeDirectories(path: string, mode = 0o777): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (isErrno(error, 'EEXIST') && isDirectory(path)) return;
    const parent = dirname(path);
    if (!isErrno(error, 'ENOENT') || parent === path || isDirectory(parent)) throw error;
    makeDirectories(parent, mode);
    makeDirectories(path, mode);
  }
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
