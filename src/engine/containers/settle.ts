import { readFileSync, statSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { isAlive, isThisBoot } from '../../runtime/process-identity.ts';
import { containerPaths } from './layout.ts';
import { isUp, type Container, type ContainerRecord } from './record.ts';

/** Of a process whose monitor was killed before it. */
const KILLED = 137;

/**
 * The container as it is now, whatever its row says: nobody writes the row when a container
 * ends by itself. `directory` is where the store keeps containers.
 */
export function settled(container: Container, directory: string): Container {
  const { state, record } = container;
  if (state === 'restarting' && !(record.process && isThisBoot(record.process))) {
    return { ...container, state: 'exited' };
  }
  if (!isUp(state) || (record.process && isAlive(record.process))) return container;
  const paths = containerPaths(directory, container.id);
  let end = endIn(paths.exit);
  if (!end && record.monitor && isAlive(record.monitor)) return container;
  // It may have written it just before it ended.
  end ??= endIn(paths.exit);
  const oomKilled = end !== undefined && isThere(paths.oom);
  return {
    ...container,
    state: 'exited',
    record: {
      ...record,
      exitCode: end?.code ?? KILLED,
      ...(end && { finishedAt: end.at }),
      oomKilled,
    },
  };
}

/**
 * True when it was to go with its end, has ended, and nobody is left who would take it away; or
 * when whoever was making it is gone.
 */
export function isAbandoned(container: Container, directory: string): boolean {
  const now = settled(container, directory);
  const { record, state } = now;
  if (isUp(state) || state === 'restarting' || !record.remove || isOwned(record)) return false;
  if (record.monitor && isAlive(record.monitor)) return false;
  return state !== 'created' || record.owner !== undefined;
}

/** Whether a living stave is at it. */
export function isOwned({ owner }: ContainerRecord): boolean {
  return owner !== undefined && isAlive(owner);
}

/** What the monitor wrote; undefined when it wrote nothing. */
function endIn(file: string): { readonly code: number; readonly at: number } | undefined {
  try {
    const code = Number.parseInt(readFileSync(file, 'latin1'), 10);
    if (Number.isNaN(code)) return undefined;
    return { code, at: Math.floor(statSync(file).mtimeMs) };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw error;
  }
}

function isThere(file: string): boolean {
  return statSync(file, { throwIfNoEntry: false }) !== undefined;
}
