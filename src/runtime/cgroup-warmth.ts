import { close, constants, open, readFileSync, write } from 'node:fs';
import type { CgroupLayout } from './host.ts';

/**
 * What it returns makes the next move of a process into a control group quick, and is to be
 * called some milliseconds before. The first such move after a pause waits for the whole
 * machine's processors to pass a quiet point (8 ms and more); those within the next 20 ms do
 * not. So this process is moved to where it is already, by a thread, while everything else for
 * a start is being prepared. Failing does no harm.
 *
 * @see https://docs.kernel.org/admin-guide/cgroup-v2.html favordynmods
 */
export function cgroupWarmer(layout: CgroupLayout): () => void {
  const [root] = layout.roots;
  if (root === undefined) return () => undefined;
  let group: string | undefined;
  return () => {
    group ??= ownGroup(root, layout);
    // The callback forms: the promises' would have to be loaded first.
    open(`${root}${group}/cgroup.procs`, constants.O_WRONLY, (failed, fd) => {
      if (failed === null) write(fd, '0', () => close(fd));
    });
  };
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
