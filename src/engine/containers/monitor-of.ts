import { readFileSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { pidIn } from '../../monitor/container.ts';
import type { ContainerPaths } from './layout.ts';

/** The conmon of a container, by what it was started with; undefined when there is none. */
export function monitorOf({ monitorPidFile, bundle }: ContainerPaths): number | undefined {
  const pid = pidIn(monitorPidFile);
  if (pid === undefined) return undefined;
  try {
    const words = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
    return words.includes(bundle) ? pid : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return undefined;
    throw error;
  }
}
