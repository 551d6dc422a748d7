import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmdirSync,
  rmSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { isErrno } from '../base/errors.ts';
import { identify, isAlive, type ProcessIdentity } from './process-identity.ts';
import { namesIn } from '../sys/names-in.ts';

/** The runtimes' own state, below the state directory. */
export const RUNTIME_STATE = 'runtime';
/** Where the bundles are. */
const BUNDLES = 'processes';

/** The directory of one running process: configuration, log, and where its root is mounted. */
export interface Bundle extends Disposable {
  readonly path: string;
  readonly rootfs: string;
  /** Made by `prepare` where it is needed. */
  readonly prepared: string;
  /** Scratch that is removed with whatever is in it; nothing is ever mounted there. */
  readonly probe: string;
  readonly log: string;
  /** `groups`: where its control groups are when that is not below the store's own, as JSON. */
  write(name: 'config.json' | 'groups', text: string): string;
}

const PREPARED = 'mounts';
const FILES = ['config.json', 'groups', 'log', 'owner', 'stdout', 'stderr'];
const DIRECTORIES = ['rootfs', PREPARED, '.'];
const NAME = /^[a-zA-Z0-9][\w.-]{0,127}$/;

/** The directory where all bundles are; made when it is not there. */
export function makeBundles(stateDir: string): string {
  const bundles = join(stateDir, BUNDLES);
  mkdirSync(bundles, { recursive: true, mode: 0o700 });
  return bundles;
}

/** Makes the bundle of process `id` below `stateDir`. Throws when there is one. */
export function makeBundle(stateDir: string, id: string): Bundle {
  if (!NAME.test(id)) {
    throw new TypeError(`not an id for a process: ${JSON.stringify(id)}`);
  }
  const path = join(makeBundles(stateDir), id);
  mkdirSync(path, { mode: 0o700 });
  write(path, 'owner', JSON.stringify(identify(process.pid)));
  mkdirSync(join(path, 'rootfs'));
  return {
    path,
    rootfs: join(path, 'rootfs'),
    prepared: join(path, PREPARED),
    probe: join(path, 'probe'),
    log: join(path, 'log'),
    write: (name, text) => write(path, name, text),
    [Symbol.dispose]() {
      removeBundle(path);
    },
  };
}

function write(directory: string, name: string, text: string): string {
  const file = join(directory, name);
  const fd = openSync(file, 'wx', 0o600);
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
  return file;
}

/**
 * Removes what a bundle is made of and nothing else: should a root still be mounted in it,
 * its files are not ours to delete, and the directory stays.
 */
function removeBundle(path: string): void {
  const probe = join(path, 'probe');
  if (existsSync(probe)) rmSync(probe, { recursive: true, force: true });
  // Mount points, where whoever made them was killed.
  for (const name of namesIn(join(path, PREPARED), 'ENOTDIR')) {
    quietly(() => unlinkSync(join(path, PREPARED, name)));
    quietly(() => rmdirSync(join(path, PREPARED, name)));
  }
  for (const name of FILES) quietly(() => unlinkSync(join(path, name)));
  for (const name of DIRECTORIES) quietly(() => rmdirSync(join(path, name)));
}

/**
 * Removes what processes left behind whose stave was killed: bundles, the runtime's state and
 * control groups. `cgroups` are paths to which the id of a process is appended.
 */
export function sweep(stateDir: string, cgroups: readonly string[]): void {
  const bundles = join(stateDir, BUNDLES);
  for (const id of namesIn(bundles, 'ENOTDIR')) {
    if (hasOwner(join(bundles, id))) continue;
    const elsewhere = groupsOf(join(bundles, id));
    removeDebris(stateDir, id, [...cgroups, ...elsewhere]);
    // Without its bundle nobody would know of them: the next sweep tries again.
    if (elsewhere.some((prefix) => existsSync(prefix + id))) continue;
    removeBundle(join(bundles, id));
  }
  // A bundle is made before its control groups and goes after them.
  for (const prefix of cgroups) {
    const start = basename(prefix);
    for (const name of namesIn(dirname(prefix), 'ENOTDIR').filter((one) => one.startsWith(start))) {
      const id = name.slice(start.length);
      const isKnown = [bundles, join(stateDir, RUNTIME_STATE)].some((place) =>
        existsSync(join(place, id)),
      );
      if (!isKnown) removeCgroup(prefix + id);
    }
  }
}

/** Removes the state and the control groups that a killed runtime left of a process. */
export function removeDebris(stateDir: string, id: string, cgroups: readonly string[]): void {
  rmSync(join(stateDir, RUNTIME_STATE, id), { recursive: true, force: true });
  for (const prefix of cgroups) removeCgroup(prefix + id);
}

/** The groups of a process that run below others than the store's own. */
function groupsOf(bundle: string): readonly string[] {
  try {
    return JSON.parse(readFileSync(join(bundle, 'groups'), 'utf8')) as string[];
  } catch (error) {
    // Killed while it was written: then there are no groups yet.
    if (isErrno(error, 'ENOENT', 'ENOTDIR') || error instanceof SyntaxError) return [];
    throw error;
  }
}

function hasOwner(bundle: string): boolean {
  try {
    const owner = JSON.parse(readFileSync(join(bundle, 'owner'), 'utf8')) as ProcessIdentity;
    return isAlive(owner);
  } catch (error) {
    // Between mkdir and the first write nobody is known; the next sweep will see.
    return isErrno(error, 'ENOENT', 'ENOTDIR') ? existsSync(bundle) && isFresh(bundle) : false;
  }
}

function isFresh(bundle: string): boolean {
  return !existsSync(join(bundle, 'rootfs'));
}

/** Control groups inside it, which the process may have made, go first. */
function removeCgroup(path: string): void {
  for (const name of namesIn(path, 'ENOTDIR')) {
    if (existsSync(join(path, name, 'cgroup.procs'))) removeCgroup(join(path, name));
  }
  quietly(() => rmdirSync(path));
}

function quietly(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EBUSY', 'ENOTEMPTY', 'ENOTDIR', 'EISDIR')) throw error;
  }
}
