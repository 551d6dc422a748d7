import { lstatSync, readdirSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { joinPath } from '../../build/copy/tree.ts';

/**
 * Bytes of the files below a path, hard links counted once. Links are not followed; what is
 * not there, or vanishes meanwhile, counts for nothing.
 */
export function spaceBelow(path: string): number {
  const seen = new Set<string>();
  const below = (at: Buffer): number => {
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat) return 0;
    if (stat.isDirectory()) {
      return names(at).reduce((sum, name) => sum + below(joinPath(at, name)), 0);
    }
    if (stat.nlink > 1) {
      const id = `${stat.dev}:${stat.ino}`;
      if (seen.has(id)) return 0;
      seen.add(id);
    }
    return stat.isFile() ? stat.size : 0;
  };
  return below(Buffer.from(path));
}

function names(directory: Buffer): Buffer[] {
  try {
    return readdirSync(directory, 'latin1').map((name) => Buffer.from(name, 'latin1'));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
