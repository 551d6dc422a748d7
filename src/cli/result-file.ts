import { closeSync, lstatSync, openSync, renameSync, rmSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { DiskFullError, isErrno } from '../base/errors.ts';
import { explainOpen } from './files.ts';

/**
 * Writes what a build says of its result: `--iidfile`, `--metadata-file`. A file appears under
 * its name when it is whole; a device or a pipe is written to and stays what it is. Throws
 * InvalidInputError, DiskFullError.
 */
export function writeResultFile(cwd: string, typed: string, text: string): void {
  const path = resolve(cwd, typed);
  try {
    if (isSpecial(path)) write(path, 'w', text);
    else {
      const partial = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
      try {
        write(partial, 'wx', text);
        renameSync(partial, path);
      } catch (error) {
        rmSync(partial, { force: true });
        throw error;
      }
    }
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw new DiskFullError(typed, error);
    throw explainOpen(error, typed) ?? error;
  }
}

/** Removes what an earlier build has written there, and nothing that is no file. */
export function removeResultFile(cwd: string, typed: string): void {
  const path = resolve(cwd, typed);
  try {
    if (!isSpecial(path)) unlinkSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return;
    throw explainOpen(error, typed) ?? error;
  }
}

function isSpecial(path: string): boolean {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat !== undefined && !stat.isFile() && !stat.isSymbolicLink() && !stat.isDirectory();
}

function write(path: string, flags: 'w' | 'wx', text: string): void {
  const fd = openSync(path, flags);
  try {
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  } finally {
    closeSync(fd);
  }
}
