import { closeSync, constants, lstatSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { isOpaque, isWhiteout } from '../../snapshot/attributes.ts';
import type { StackEntry } from '../../snapshot/stack-view.ts';
import type { Store } from '../../store/store.ts';
import type { ContainerChange } from '../understand-types.ts';
import { latin1 } from '../../layer/file-tree.ts';
import { pathText } from '../understand/path-text.ts';
import { ContainerNotFoundError } from './errors.ts';

/**
 * What a container changed of its image's files, as Docker tells it: a directory counts as
 * changed when something in it was added or removed. Sorted by path, byte by byte. Throws
 * ContainerNotFoundError.
 */
export function containerChanges(
  store: Store,
  snapshotter: Snapshotter,
  name: string,
): ContainerChange[] {
  const row = store.read(({ containers }) => containers.find(name));
  if (!row) throw new ContainerNotFoundError(name);
  const layers = row.chain === undefined ? [] : (snapshotter.stack(row.chain) ?? []);
  const view = snapshotter.view(layers);
  const changes = new Map<string, ContainerChange['change']>();
  const changeParent = (path: Buffer): void => {
    const cut = path.lastIndexOf('/');
    if (cut <= 0) return;
    const parent = latin1(path.subarray(1, cut));
    if (!changes.has(parent)) changes.set(parent, 'changed');
  };
  /** `merged`: the image has a directory there, no link or file that this one stands in the place of. */
  const walk = (fd: number, path: Buffer, merged: boolean): void => {
    const below =
      merged && isOpaque(placeIn(fd, DOT)) ? view.find(path, { followLast: false }) : undefined;
    const kept = new Set<string>();
    for (const entry of readdirSync(placeIn(fd, DOT), { encoding: 'buffer' })) {
      const file = placeIn(fd, entry);
      const at = Buffer.concat([path, SLASH, entry]);
      const stat = lstatSync(file, { bigint: true, throwIfNoEntry: false });
      // Gone just now: the container may be running.
      if (!stat) continue;
      kept.add(latin1(at));
      const old = merged ? view.find(at, { followLast: false }) : undefined;
      if (isWhiteout(stat)) {
        if (!old) continue;
        changeParent(at);
        changes.set(latin1(at.subarray(1)), 'deleted');
        continue;
      }
      if (!old) {
        changeParent(at);
        changes.set(latin1(at.subarray(1)), 'added');
      } else if (!isSameDirectory(stat, old)) changes.set(latin1(at.subarray(1)), 'changed');
      if (stat.isDirectory()) enter(file, at, old?.kind === 'directory');
    }
    // A directory that was made anew hides what was in the old one.
    for (const old of below?.kind === 'directory' ? view.list(below) : []) {
      if (kept.has(latin1(old.path))) continue;
      changeParent(old.path);
      changes.set(latin1(old.path.subarray(1)), 'deleted');
    }
  };
  /** What was a directory just now may be a link by now: it leads nowhere. */
  const enter = (directory: Buffer, path: Buffer, merged: boolean): void => {
    const fd = openDirectory(directory);
    if (fd === undefined) return;
    try {
      walk(fd, path, merged);
    } finally {
      closeSync(fd);
    }
  };
  enter(Buffer.from(join(store.paths.containers, row.id, 'upper')), Buffer.alloc(0), true);
  return [...changes]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([path, change]) => ({ path: pathText(path), change }));
}

const SLASH = Buffer.from('/');
const DOT = Buffer.from('.');
const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;

/** Undefined for what is no directory, or is gone. */
function openDirectory(path: Buffer): number | undefined {
  try {
    return openSync(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
    throw error;
  }
}

/** A name in a directory that is open, whatever becomes of the way there. */
function placeIn(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
}

/** It is there only as the way to something in it. */
function isSameDirectory(stat: StackEntry['stat'], old: StackEntry): boolean {
  return (
    stat.isDirectory() &&
    old.kind === 'directory' &&
    stat.mode === old.stat.mode &&
    stat.uid === old.stat.uid &&
    stat.gid === old.stat.gid &&
    stat.mtimeNs === old.stat.mtimeNs
  );
}
