import { fchownSync, lchownSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { hasSingleId } from './user-namespace.ts';

/**
 * Gives a file to somebody, without following links. Where this process has a single user ID,
 * it stays whose it is: there is nobody else.
 */
export function lchown(path: Buffer | string, uid: number, gid: number): void {
  unlessAlone(() => lchownSync(path, uid, gid));
}

/** As {@link lchown}, for an open file. */
export function fchown(fd: number, uid: number, gid: number): void {
  unlessAlone(() => fchownSync(fd, uid, gid));
}

function unlessAlone(give: () => void): void {
  try {
    give();
  } catch (error) {
    if (!isErrno(error, 'EINVAL') || !hasSingleId()) throw error;
  }
}
