import { readdirSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';

/**
 * The names in a directory, in no order; none where there is no such directory, or where reading it fails
 * with one of the codes in `also`. Throws Errors of Node.
 */
export function namesIn(directory: string, ...also: readonly string[]): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT', ...also)) return [];
    throw error;
  }
}
