import { setTimeout as pause } from 'node:timers/promises';
import { killTree } from '../../runtime/launch.ts';
import { isAlive } from '../../runtime/process-identity.ts';
import type { Store } from '../../store/store.ts';
import { ContainerConflictError, ContainerNotFoundError } from './errors.ts';
import { reap, removeContainer } from './reap.ts';
import { fromRow, isBeingMade, isUp } from './record.ts';
import { settled } from './settle.ts';

const PATIENCE = 10_000;
/** So long the runtime may take to tidy up, in milliseconds. */
const GRACE = 1000;
const STEP = 10;

/**
 * Removes a container with all its changes; with `force` it is killed first, with `volumes` its
 * anonymous volumes go, too. Returns the name that it was found by.
 *
 * Throws ContainerNotFoundError, ContainerConflictError.
 */
export async function removeNamed(
  store: Store,
  name: string,
  options: { readonly force?: boolean; readonly volumes?: boolean } = {},
): Promise<string> {
  reap(store);
  const row = store.read(({ containers }) => containers.find(name));
  if (!row) throw new ContainerNotFoundError(name);
  const container = settled(fromRow(row), store.paths.containers);
  const { id, state, record } = container;
  if (isUp(state) || isBeingMade(container)) {
    if (options.force !== true) {
      throw new ContainerConflictError(
        `cannot remove container "${name}": container is running: stop the container before removing or force remove`,
      );
    }
    await killed(name, record.process);
  }
  removeContainer(store, id, options);
  return name;
}

async function killed(
  name: string,
  process: Parameters<typeof isAlive>[0] | undefined,
): Promise<void> {
  if (!process) return;
  for (let waited = 0; isAlive(process); waited += STEP) {
    if (waited > PATIENCE) {
      throw new ContainerConflictError(`cannot remove container "${name}": it does not die`);
    }
    if (waited % GRACE === 0) killTree(process.pid, waited > 0);
    await pause(STEP);
  }
}
