import { closeSync, mkdirSync, openSync, renameSync, rmSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import { DiskFullError, isErrno } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { writeAll } from '../../sys/write-all.ts';
import { OutputError } from './errors.ts';
import type { FilePlace } from './spec.ts';
import { makeDirectories } from '../../sys/make-directories.ts';

/** Throws OutputError for a place that cannot be written to, before anything is built for it. */
export function checkPlace(to: FilePlace | { readonly directory: string }): void {
  if ('directory' in to) checkDirectory(to.directory);
  else checkFile(to);
}

function checkDirectory(path: string): void {
  for (let at = path; ; at = dirname(at)) {
    const stat = lookAt(at);
    if (stat?.isDirectory()) return;
    if (stat) throw new OutputError(`invalid output: ${at} is not a directory`);
    if (dirname(at) === at) return;
  }
}

function checkFile(to: FilePlace): void {
  if (!('path' in to)) return;
  if (lookAt(to.path)?.isDirectory()) {
    throw new OutputError(`invalid output: ${to.path} is a directory`, {
      hint: 'Name a file in it; type=local writes a directory.',
    });
  }
  if (!lookAt(dirname(to.path))?.isDirectory()) {
    throw new OutputError(`invalid output: there is no directory ${dirname(to.path)}`);
  }
}

function lookAt(path: string): Stats | undefined {
  try {
    return statSync(path);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw unwritable(path, error);
  }
}

/** A file appears under its name when it is whole. Devices and pipes are written to as they are. */
export async function writeFile(
  to: FilePlace,
  bytes: Bytes,
  { signal }: CallOptions = {},
): Promise<void> {
  if ('write' in to) return to.write(bytes);
  const { path } = to;
  const there = lookAt(path);
  const isSpecial = there !== undefined && !there.isFile();
  const target = isSpecial ? path : besides(path);
  try {
    const fd = openSync(target, isSpecial ? 'w' : 'wx', 0o666);
    try {
      for await (const chunk of bytes) {
        signal?.throwIfAborted();
        writeAll(fd, chunk);
      }
    } finally {
      closeSync(fd);
    }
    if (!isSpecial) renameSync(target, path);
  } catch (error) {
    if (!isSpecial) rmSync(target, { force: true });
    throw unwritable(path, error);
  }
}

/**
 * A directory is filled beside its place by `fill`, and `settle` puts it there when it is
 * whole. Whatever happens, the scratch is gone in the end.
 */
export async function writeDirectory(
  path: string,
  fill: (scratch: string) => Promise<void>,
  settle: (scratch: string) => void | Promise<void>,
): Promise<void> {
  const isThere = lookAt(path)?.isDirectory() === true;
  // On the file system of the place, so that things are moved and not copied.
  const scratch = isThere ? join(path, `.stave-${process.pid}.part`) : besides(path);
  try {
    makeDirectories(dirname(scratch));
    mkdirSync(scratch, { mode: 0o700 });
    await fill(scratch);
    if (isThere) await settle(scratch);
    else renameSync(scratch, path);
  } catch (error) {
    throw unwritable(path, error);
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Of places where nothing, or nothing like this, can be written. */
const TOLD =
  'EACCES EPERM EROFS ENAMETOOLONG ELOOP ENOTDIR ENOENT EXDEV EBUSY ETXTBSY EINVAL ENXIO EIO'.split(
    ' ',
  );

let count = 0;

function besides(path: string): string {
  return join(dirname(path), `.${basename(path)}.${process.pid}-${count++}.part`);
}

function unwritable(path: string, error: unknown): unknown {
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) return new DiskFullError(path, error);
  const isTold = isErrno(error, ...TOLD);
  if (!isTold || !(error instanceof Error)) return error;
  return new OutputError(`cannot write ${path}: ${error.message}`, { cause: error });
}
