import { statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import { readInput } from '../read-file.ts';
import { readCommit } from './git-objects.ts';

const SMALL = 4096;
/** Of many refs in one file. */
const PACKED_REFS = 64 * 1024 * 1024;
/** How often a ref may be the name of another. */
const LINKS = 5;

/**
 * The date of the commit that a directory's git checkout is at, in seconds since the epoch;
 * undefined where it is in none. Throws InvalidInputError when there is one that cannot be read.
 */
export function commitDate(directory: string): number | undefined {
  const git = gitDirectory(directory);
  if (git === undefined) return undefined;
  const id = headOf(git);
  // A repository without any commit.
  if (id === undefined) return undefined;
  let commit: Buffer | undefined;
  try {
    for (const objects of objectsOf(join(git.common, 'objects'))) {
      commit ??= readCommit(objects, id);
    }
  } catch (error) {
    throw unreadable(git.own, error instanceof Error ? error.message : String(error), error);
  }
  const date = /^committer .*> (\d{1,12}) [+-]\d{4}$/m.exec(commit?.toString('latin1') ?? '')?.[1];
  if (date === undefined) throw unreadable(git.own, `commit ${id} is not there`);
  return Number(date);
}

interface GitDirectory {
  /** Of this work tree: HEAD. */
  readonly own: string;
  /** Of the repository: refs and objects. */
  readonly common: string;
}

function gitDirectory(directory: string): GitDirectory | undefined {
  for (let at = resolve(directory); ; at = dirname(at)) {
    const own = join(at, '.git');
    const stat = statSync(own, { throwIfNoEntry: false });
    if (stat?.isDirectory() === true) return withCommon(own);
    if (stat?.isFile() === true) {
      const named = /^gitdir: (.+)$/m.exec(text(own) ?? '')?.[1];
      if (named === undefined) throw unreadable(own, 'it does not say where the repository is');
      return withCommon(resolve(at, named));
    }
    if (dirname(at) === at) return undefined;
  }
}

function withCommon(own: string): GitDirectory {
  const common = text(join(own, 'commondir'))?.trim();
  return { own, common: common === undefined ? own : resolve(own, common) };
}

function headOf({ own, common }: GitDirectory): string | undefined {
  let value = text(join(own, 'HEAD'))?.trim();
  for (let links = 0; links < LINKS; links++) {
    if (value === undefined) return undefined;
    if (/^(?:[0-9a-f]{40}|[0-9a-f]{64})$/.test(value)) return value;
    const name = /^ref: (refs\/[^\0]+)$/.exec(value)?.[1];
    if (name === undefined || name.split('/').includes('..')) break;
    if (name === 'refs/heads/.invalid') throw unreadable(own, 'it keeps its refs in tables');
    value = (text(join(own, name)) ?? text(join(common, name)))?.trim() ?? packedRef(common, name);
  }
  throw unreadable(own, 'its HEAD is not understood');
}

function packedRef(common: string, name: string): string | undefined {
  const lines = readInput(join(common, 'packed-refs'), PACKED_REFS)?.toString('latin1').split('\n');
  return lines?.find((line) => line.endsWith(` ${name}`))?.split(' ', 1)[0];
}

/** The repository's own objects, and those that it borrows. */
function objectsOf(objects: string): string[] {
  const borrowed = text(join(objects, 'info/alternates'))?.split('\n') ?? [];
  const named = borrowed.filter((line) => line !== '' && !line.startsWith('#'));
  return [objects, ...named.map((line) => resolve(objects, line))];
}

function text(path: string): string | undefined {
  try {
    return readInput(path, SMALL)?.toString();
  } catch (error) {
    if (isErrno(error, 'EISDIR')) return undefined;
    throw error;
  }
}

function unreadable(git: string, why: string, cause?: unknown): InvalidInputError {
  return new InvalidInputError(`the date of the commit cannot be read from ${git}: ${why}`, {
    hint: 'Set SOURCE_DATE_EPOCH to a number of seconds since 1970.',
    cause,
  });
}
