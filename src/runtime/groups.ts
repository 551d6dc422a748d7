import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join, posix } from 'node:path';
import { isErrno } from '../base/errors.ts';
import type { CgroupLayout } from './host.ts';

/** The control group of a process below each hierarchy. */
export function groupPath(storeId: string, id: string, parent?: string): string {
  const own = `/stave/${storeId}-${id}`;
  return parent === undefined ? own : posix.join('/', parent, posix.basename(own));
}

/** Its directories; those hierarchies that do not have it are left out. */
export function groupDirectories({ roots }: CgroupLayout, path: string): string[] {
  return roots.map((root) => root + path).filter((directory) => existsSync(directory));
}

/** The directory that a v1 controller, or v2, keeps of a group; undefined where there is none. */
export function controllerDirectory(
  { version, roots }: CgroupLayout,
  controller: string,
  path: string,
): string | undefined {
  const root =
    version === 'v2'
      ? roots[0]
      : roots.find((one) => basename(one).split(',').includes(controller));
  const directory = root === undefined ? undefined : root + path;
  return directory !== undefined && existsSync(directory) ? directory : undefined;
}

/**
 * Stops all processes of a group in their tracks, or lets them go on. Returns whether the
 * machine can do that.
 */
export function freeze(layout: CgroupLayout, path: string, on: boolean): boolean {
  const directory = controllerDirectory(layout, 'freezer', path);
  if (directory === undefined) return false;
  if (layout.version === 'v2') {
    writeFileSync(join(directory, 'cgroup.freeze'), on ? '1' : '0');
    waitFor(join(directory, 'cgroup.events'), on ? /^frozen 1$/m : /^frozen 0$/m);
    return true;
  }
  const file = join(directory, 'freezer.state');
  writeFileSync(file, on ? 'FROZEN' : 'THAWED');
  waitFor(file, on ? /^FROZEN$/m : /^THAWED$/m);
  return true;
}

const TRIES = 1000;

/** The kernel stops one task after the other; reading is what makes v1 look again. */
function waitFor(file: string, wanted: RegExp): void {
  for (let tries = 0; tries < TRIES; tries++) {
    if (wanted.test(readFileSync(file, 'latin1'))) return;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
  }
}

/** The processes in a group and in those below it. */
export function processesIn(layout: CgroupLayout, path: string): number[] {
  const directory = controllerDirectory(layout, 'pids', path) ?? groupDirectories(layout, path)[0];
  return directory === undefined ? [] : processesBelow(directory);
}

function processesBelow(directory: string): number[] {
  try {
    const own = readFileSync(join(directory, 'cgroup.procs'), 'latin1')
      .split('\n')
      .filter((line) => line !== '')
      .map(Number);
    const below = readdirSync(directory, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .flatMap(({ name }) => processesBelow(join(directory, name)));
    return [...own, ...below];
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENODEV')) return [];
    throw error;
  }
}
