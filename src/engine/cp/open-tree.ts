import { closeSync, constants, existsSync, openSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { childrenOf, isAlive } from '../../runtime/process-identity.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { openInside } from '../../sys/inside.ts';
import { openOverlay } from '../../sys/mount.ts';
import { isUp, type Container, type ContainerMount } from '../containers/record.ts';
import { CopyError } from './errors.ts';
import { Tree } from './tree.ts';

const O_PATH = 0x200000;
const DIRECTORY = O_PATH | constants.O_DIRECTORY;

/** The tree of a container. */
export interface OpenTree {
  readonly tree: Tree;
  /** Throws CopyError when what was opened is not the container's any more. */
  readonly check: () => void;
}

/** The files of this machine. */
export function machineTree(): Tree {
  return new Tree(openSync('/', DIRECTORY));
}

/**
 * The files of a container as it sees them, with what is mounted in it: those of its first
 * process where it runs, else its layers and changes stacked anew. Throws CopyError.
 */
export function containerTree(
  parts: { readonly store: Store; readonly snapshotter: Snapshotter },
  container: Container,
  options: { readonly write: boolean },
): OpenTree {
  const { process } = container.record;
  if (isUp(container.state) && process) {
    const root = rootOf(process.pid);
    if (root === undefined || !isAlive(process)) throw changedError(container);
    const tree = new Tree(root);
    for (const { target } of container.record.mounts) tree.wish(target);
    return {
      tree,
      check() {
        if (!isAlive(process)) throw changedError(container);
      },
    };
  }
  return { tree: stoppedTree(parts, container, options), check: () => {} };
}

function changedError({ name }: Container): CopyError {
  return new CopyError(`container ${name} has ended meanwhile`, { hint: 'Do it again.' });
}

/** The root of the first process below `pid`, itself included, that has one of its own. */
function rootOf(pid: number): number | undefined {
  const own = statSync('/', { bigint: true });
  for (const todo = [pid]; todo.length > 0;) {
    const one = todo.shift()!;
    try {
      const path = `/proc/${one}/root/`;
      const stat = statSync(path, { bigint: true });
      if (stat.dev !== own.dev || stat.ino !== own.ino) return openSync(path, DIRECTORY);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ESRCH')) throw error;
    }
    todo.push(...childrenOf(one));
  }
  return undefined;
}

function stoppedTree(
  { store, snapshotter }: { readonly store: Store; readonly snapshotter: Snapshotter },
  container: Container,
  { write }: { readonly write: boolean },
): Tree {
  const { chain, id, record } = container;
  const layers = chain === undefined ? [] : snapshotter.stack(chain);
  if (!layers) throw new CopyError(`layers of container ${container.name} are missing`);
  const directory = join(store.paths.containers, id);
  const [stubs, upper, work] = ['mount-points', 'upper', 'work'].map((name) =>
    join(directory, name),
  );
  const lower = [...snapshotter.directories(layers), ...(existsSync(stubs!) ? [stubs!] : [])];
  const root = write
    ? openOverlay({ lower, upper: upper!, work: work! })
    : openOverlay({ lower: [...lower, upper!] });
  const tree = new Tree(root, { readonly: record.settings.readonly === true });
  // Outer ones first: inner ones are on what those hold.
  const depth = ({ target }: ContainerMount): number => target.split('/').length;
  for (const mount of record.mounts.toSorted((a, b) => depth(a) - depth(b))) {
    const fd = mount.type === 'tmpfs' ? undefined : sourceOf(mount);
    if (fd !== undefined) tree.cover(mount.target, fd, mount.readonly);
  }
  return tree;
}

/** What is mounted; undefined when it is gone. */
function sourceOf({ source, subpath }: ContainerMount): number | undefined {
  try {
    const fd = openSync(source, O_PATH);
    if (subpath === undefined) return fd;
    try {
      return openInside(fd, subpath, O_PATH);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}
