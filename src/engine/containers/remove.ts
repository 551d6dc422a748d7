import { setTimeout as pause } from 'node:timers/promises';
import type { Clock } from '../../base/clock.ts';
import type { Store } from '../../store/store.ts';
import { noteEnd, waitForEnd } from './end.ts';
import { ContainerConflictError, ContainerNotFoundError } from './errors.ts';
import { findContainer } from './find.ts';
import { noteStop } from './kill.ts';
import { reap, removeContainer } from './reap.ts';
import { fromRow, isBeingMade, isUp } from './record.ts';
import { isOwned, settled } from './settle.ts';
import { releaseNetworks, sweepNetworks } from '../networks/release.ts';
import { killNow, noteRest } from './stop.ts';

const PATIENCE = 10_000;
const GLANCE = 20;

/**
 * Removes a container with all its changes; with `force` it is killed first, with `volumes` its
 * anonymous volumes go, too. Returns the name that it was found by.
 *
 * Throws ContainerNotFoundError, ContainerConflictError.
 */
export async function removeNamed(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  name: string,
  options: { readonly force?: boolean; readonly volumes?: boolean } = {},
): Promise<string> {
  reap(store);
  await sweepNetworks(store);
  const container = findContainer(store, name);
  const { id, state } = container;
  const busy = isUp(state) || state === 'restarting' || isBeingMade(container);
  if (busy && options.force !== true) {
    throw new ContainerConflictError(
      `cannot remove container "${name}": container is ${state === 'created' ? 'running' : state}: stop the container before removing or force remove`,
    );
  }
  if (busy) {
    noteStop({ store, clock }, container);
    noteRest({ store }, id);
    await starterGone(store, id);
    const now = store.read(({ containers }) => containers.get(id));
    // One that was to go with its end may be gone.
    if (now) await killNow({ store, clock }, settled(fromRow(now), store.paths.containers));
    const ended = await waitForEnd(store, id, { patience: PATIENCE });
    if (ended && isUp(ended.state)) {
      throw new ContainerConflictError(`cannot remove container "${name}": it does not die`);
    }
    noteEnd(store, id);
  }
  if (!store.read(({ containers }) => containers.get(id))) {
    // It went with its end.
    if (busy) return name;
    throw new ContainerNotFoundError(name);
  }
  await releaseNetworks(store, id);
  removeContainer(store, id, options);
  return name;
}

/** Waits for whoever is just starting it by its policy: he sees that it is not wanted, and tidies up. */
async function starterGone(store: Store, id: string): Promise<void> {
  for (let waited = 0; waited < PATIENCE; waited += GLANCE) {
    const row = store.read(({ containers }) => containers.get(id));
    if (row?.state !== 'exited' || !isOwned(fromRow(row).record)) return;
    await pause(GLANCE);
  }
}
