import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { latin1 } from '../../layer/file-tree.ts';
import { isWhiteout } from '../../snapshot/attributes.ts';

/** More files than that are not looked through at each prompt. */
const MOST_FILES = 100_000;
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
const DOT = Buffer.from('.');

/** What tells that a file is another one now, by its path with bytes as characters: `/etc/motd`. */
export type Snapshot = ReadonlyMap<string, string>;

/** One changed name of a container. */
export interface Change {
  /** Absolute; bytes as characters. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'symlink' | 'other' | 'gone';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a link. */
  readonly target?: string;
  /** The file that keeps its content as it was. */
  readonly saved?: string;
}

/** All files of a directory of changes; undefined when they are too many. */
export function snapshotOf(upper: string): Snapshot | undefined {
  const found = new Map<string, string>();
  const walk = (fd: number, path: string): boolean => {
    for (const name of readdirSync(placeIn(fd, DOT), { encoding: 'buffer' })) {
      const place = placeIn(fd, name);
      const stat = lstatSync(place, { bigint: true, throwIfNoEntry: false });
      if (!stat) continue;
      if (found.size >= MOST_FILES) return false;
      const at = `${path}/${latin1(name)}`;
      const owner = `${stat.mode} ${stat.uid} ${stat.gid}`;
      if (isWhiteout(stat)) found.set(at, 'gone');
      else if (stat.isDirectory()) found.set(at, owner);
      else found.set(at, `${owner} ${stat.ino} ${stat.size} ${stat.mtimeNs} ${stat.ctimeNs}`);
      if (stat.isDirectory() && !enter(place, at)) return false;
    }
    return true;
  };
  const enter = (place: Buffer | string, path: string): boolean => {
    const fd = openDirectory(place);
    if (fd === undefined) return true;
    try {
      return walk(fd, path);
    } finally {
      closeSync(fd);
    }
  };
  return enter(upper, '') ? found : undefined;
}

/** The paths that two snapshots do not have alike, those of directories before what is in them. */
export function changedPaths(before: Snapshot, now: Snapshot): string[] {
  const found = [...now].filter(([path, stamp]) => before.get(path) !== stamp);
  const gone = [...before.keys()].filter((path) => !now.has(path) && before.get(path) !== 'gone');
  return [...found.map(([path]) => path), ...gone].sort();
}

/** What is at a path of a directory of changes now. */
export function changeAt(upper: Buffer, path: string): Change {
  const stat = lstatSync(upper, { bigint: true, throwIfNoEntry: false });
  const nothing = { path, kind: 'gone', mode: 0, uid: 0, gid: 0 } as const;
  if (!stat || isWhiteout(stat)) return nothing;
  const facts = {
    path,
    mode: Number(stat.mode & 0o7777n),
    uid: Number(stat.uid),
    gid: Number(stat.gid),
  };
  if (stat.isFile()) return { ...facts, kind: 'file' };
  if (stat.isDirectory()) return { ...facts, kind: 'directory' };
  if (!stat.isSymbolicLink()) return { ...facts, kind: 'other' };
  try {
    return { ...facts, kind: 'symlink', target: latin1(readlinkSync(upper, 'buffer')) };
  } catch {
    return nothing;
  }
}

/** Undefined for what is no directory, or is gone. */
function openDirectory(path: Buffer | string): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

function placeIn(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
}
