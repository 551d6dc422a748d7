import { closeSync, constants, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import { containerPaths } from '../containers/layout.ts';
import type { LogRotation } from './log-options.ts';

/** Conmon's word for opening its log anew. */
const REOPEN = '2 0 0\n';

/**
 * Lets the next file follow where the log of a container has become too large. Nothing is lost:
 * the monitor goes on in the renamed file until it has opened the new one.
 */
export function rotateLog(containers: string, id: string, { size, files }: LogRotation): void {
  const { log, bundle } = containerPaths(containers, id);
  if ((statSync(log, { throwIfNoEntry: false })?.size ?? 0) < size) return;
  const nth = (number: number): string => (number === 0 ? log : `${log}.${number}`);
  const control = openControl(join(bundle, 'ctl'));
  if (control === undefined) return;
  try {
    rmSync(nth(files - 1), { force: true });
    for (let number = files - 2; number >= 0; number--) move(nth(number), nth(number + 1));
    writeSync(control, REOPEN);
  } finally {
    closeSync(control);
  }
}

/** Undefined when no monitor listens. */
function openControl(path: string): number | undefined {
  try {
    return openSync(path, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENXIO')) return undefined;
    throw error;
  }
}

function move(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}
