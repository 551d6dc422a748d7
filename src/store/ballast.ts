import { existsSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { DiskFullError, isErrno } from '../base/errors.ts';
import type { StorePaths } from './paths.ts';

/** Room for the rows of a removal: deleting from a database needs space before it gives any. */
const SIZE = 1024 * 1024;

/** Puts some space aside, unless that was done or there is none. */
export function takeBallast(paths: StorePaths): void {
  const path = paths.ballast;
  if (statSync(path, { throwIfNoEntry: false })?.size === SIZE) return;
  try {
    writeFileSync(path, Buffer.alloc(SIZE), { mode: 0o600 });
  } catch (error) {
    // Half of it is of no use to anybody.
    rmSync(path, { force: true });
    if (!isErrno(error, 'ENOSPC', 'EDQUOT', 'EROFS', 'EACCES')) throw error;
  }
}

/** Does what frees space. When the disk is too full even for that, again with the space put aside. */
export function withBallast<T>(paths: StorePaths, free: () => T): T {
  try {
    return free();
  } catch (error) {
    if (!(error instanceof DiskFullError) || !existsSync(paths.ballast)) throw error;
    rmSync(paths.ballast, { force: true });
    return free();
  }
}
