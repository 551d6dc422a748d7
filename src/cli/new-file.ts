import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Bytes, ByteSink } from '../base/bytes.ts';
import { DiskFullError, InvalidInputError, isErrno } from '../base/errors.ts';
import { reasonOf } from './files.ts';

/** What gives out its bytes in pieces that are valid until the call returns. */
export interface Pourable {
  pour(sink: ByteSink): Promise<void>;
}

/**
 * Writes a file that appears whole or not at all, readable by its owner only. Throws
 * InvalidInputError when the path is no place for a file; `verb` says what failed then.
 */
export async function writeNewFile(
  cwd: string,
  typed: string,
  content: Bytes | Pourable,
  verb = SAVE,
): Promise<void> {
  const path = resolve(cwd, typed);
  checkPlace(path, typed, verb);
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.part`);
  let fd: number;
  try {
    fd = openSync(temporary, 'wx', 0o600);
  } catch (error) {
    throw invalidPath(`open ${typed}: ${reasonOf(error) ?? String(error)}`, verb);
  }
  try {
    try {
      const write: ByteSink = (chunk) => writeWhole(fd, chunk, typed);
      if ('pour' in content) await content.pour(write);
      else for await (const chunk of content) write(chunk);
    } finally {
      closeSync(fd);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
}

const SAVE = 'save image';

/** Throws InvalidInputError unless a file may be made or replaced there. */
export function checkPlace(path: string, typed: string, verb = SAVE): void {
  const folder = dirname(typed);
  try {
    if (!statSync(dirname(path)).isDirectory()) {
      throw invalidPath(`${folder} is not a directory`, verb);
    }
  } catch (error) {
    const reason = reasonOf(error);
    throw reason === undefined ? error : invalidPath(`stat ${folder}: ${reason}`, verb);
  }
  const there = statSync(path, { throwIfNoEntry: false });
  if (there?.isDirectory() === true) throw invalidPath(`"${typed}" is a directory`, verb);
  if (there !== undefined && !there.isFile()) {
    throw invalidPath(`"${typed}" is not a regular file`, verb);
  }
}

function invalidPath(reason: string, verb: string): InvalidInputError {
  return new InvalidInputError(`failed to ${verb}: invalid output path: ${reason}`);
}

function writeWhole(fd: number, chunk: Uint8Array, typed: string): void {
  try {
    for (let at = 0; at < chunk.length;) at += writeSync(fd, chunk, at);
  } catch (error) {
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) throw new DiskFullError(typed, error);
    throw error;
  }
}
