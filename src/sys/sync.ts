import { closeSync, openSync } from 'node:fs';
import { ErrnoError } from './errors.ts';
import { native } from './native.ts';

/** Writes everything that the file system of `path` holds in memory to its disk. Throws ErrnoError. */
export function syncFileSystem(path: string): void {
  const fd = openSync(path, 'r');
  try {
    const c = native();
    if (c.syncfs(fd) !== 0) throw new ErrnoError(c.errno(), 'syncfs', path);
  } finally {
    closeSync(fd);
  }
}
