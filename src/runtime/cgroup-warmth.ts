import { open } from 'node:fs/promises';
import { constants, readFileSync } from 'node:fs';
import type { CgroupLayout } from './host.ts';

/**
 * Makes the next move of a process into a control group quick. The first such move after a
 * pause waits for the whole machine's processors to pass a quiet point (8 ms and more); those
 * within the next 20 ms do not. So this process is moved to where it is already, by a thread,
 * while everything else for a start is being prepared. Failing does no harm.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html favordynmods
 */
export function warmCgroups(layout: CgroupLayout): void {
  const [root] = layout.roots;
  if (root === undefined) return;
  void move(`${root}${ownGroup(root, layout)}/cgroup.procs`).catch(() => undefined);
}

async function move(path: string): Promise<void> {
  await using file = await open(path, constants.O_WRONLY);
  await file.write('0');
}

/** Where this process is in the hierarchy that is mounted at `root`; '' at its top. */
function ownGroup(root: string, { version }: CgroupLayout): string {
  const name = version === 'v2' ? '' : root.slice(root.lastIndexOf('/') + 1);
  for (const line of readFileSync('/proc/self/cgroup', 'utf8').split('\n')) {
    const [, controllers = '', path = '/'] = /^\d+:([^:]*):(.*)$/.exec(line) ?? [];
    const isIt = version === 'v2' ? controllers === '' : controllers.split(',').includes(name);
    if (isIt) return path === '/' ? '' : path;
  }
  return '';
}
