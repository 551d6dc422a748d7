import { freeze, groupPath } from '../../runtime/groups.ts';
import { cgroupLayout } from '../../runtime/host.ts';
import { isAlive, type ProcessIdentity } from '../../runtime/process-identity.ts';
import type { Store } from '../../store/store.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { type Container, fromRow, toRow } from './record.ts';
import { tell } from './tell.ts';

/**
 * Stops all processes of a running container in their tracks; with `heldBy` as long as that
 * process lives, see `letGo`. Throws ContainerNotFoundError,
 * ContainerConflictError when it does not run or is paused already.
 */
export function pauseContainer(store: Store, name: string, heldBy?: ProcessIdentity): void {
  const container = findContainer(store, name);
  if (container.state === 'paused') {
    throw new ContainerConflictError(`container ${container.id} is already paused`);
  }
  if (container.state !== 'running') throw notRunning(container);
  const path = pathOf(store, container);
  if (!freeze(cgroupLayout(), path, true)) throw cannotFreeze(container);
  note(store, container, 'paused', heldBy);
}

/**
 * Lets a paused container go on. Throws ContainerNotFoundError, ContainerConflictError when it
 * is not paused.
 */
export function unpauseContainer(store: Store, name: string): void {
  const container = findContainer(store, name);
  if (container.state !== 'paused') {
    if (container.state !== 'running') throw notRunning(container);
    throw new ContainerConflictError(`container ${container.id} is not paused`);
  }
  thaw(store, container);
  note(store, container, 'running');
}

/** Lets those containers go on that were paused by processes which are gone. */
export function letGo(store: Store): void {
  const paused = store.read(({ containers }) =>
    containers.list().filter(({ state }) => state === 'paused'),
  );
  for (const { id, record } of paused.map(fromRow)) {
    if (!record.heldBy || isAlive(record.heldBy)) continue;
    try {
      unpauseContainer(store, id);
    } catch (error) {
      // It has ended, or somebody else was faster.
      if (!(error instanceof ContainerConflictError)) throw error;
    }
  }
}

/** Lets the processes of a container go on, whatever its row says. */
export function thaw(store: Store, container: Container): void {
  freeze(cgroupLayout(), pathOf(store, container), false);
}

/** What Docker says of a container that does not run. */
export function notRunning({ id }: Pick<Container, 'id'>): ContainerConflictError {
  return new ContainerConflictError(`container ${id} is not running`);
}

function cannotFreeze({ id }: Container): ContainerConflictError {
  return new ContainerConflictError(`container ${id} cannot be paused`, {
    hint: 'This machine has no control group that freezes processes.',
  });
}

function pathOf(store: Store, { id, record }: Container): string {
  return groupPath(store.id, id, record.settings.cgroupParent);
}

function note(
  store: Store,
  { id }: Container,
  state: 'paused' | 'running',
  heldBy?: ProcessIdentity,
): void {
  store.note((tables) => {
    const row = tables.containers.get(id);
    if (!row) return;
    const container = fromRow(row);
    const { heldBy: _, ...rest } = container.record;
    const record = { ...rest, ...(heldBy && { heldBy }) };
    tables.containers.put(toRow({ ...container, state, record }));
    tell(tables, state === 'paused' ? 'pause' : 'unpause', row, store.clock.now().getTime());
  });
}
