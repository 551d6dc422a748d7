import { setTimeout as pause } from 'node:timers/promises';
import { identify } from '../../runtime/process-identity.ts';
import { noteEnd, release } from './end.ts';
import type { ContainerParts } from './parts.ts';
import { fromRow, isUp, toRow, type Container, type ContainerRecord } from './record.ts';
import { removeContainer } from './reap.ts';
import { startContainer } from './start.ts';
import { releaseNetworks } from '../networks/release.ts';

const FIRST_DELAY = 100;
const LONGEST_DELAY = 60_000;
/** One that ran so long starts anew with the shortest delay. */
const STEADY = 10_000;

/**
 * What is to be done when a container has ended, called by its monitor: it is tidied up, and
 * removed or started again as it was asked for.
 */
export async function afterExit(parts: ContainerParts, id: string): Promise<void> {
  const { store } = parts;
  const container = noteEnd(store, id);
  if (!container || isUp(container.state)) return;
  const { record } = container;
  release(store, id, record.settings.cgroupParent);
  await releaseNetworks(store, id);
  if (record.remove) {
    removeContainer(store, id, { volumes: true });
    return;
  }
  if (!wantsRestart(record)) return;
  const restarts = (record.restartCount ?? 0) + 1;
  if (!noteRestarting(parts, container)) return;
  await pause(delayOf(record, restarts));
  const now = store.read(({ containers }) => containers.get(id));
  // Stopped, removed or started by somebody else meanwhile.
  if (now?.state !== 'restarting' || fromRow(now).record.stopRequested === true) return;
  try {
    const started = await startContainer(parts, id, { restarts });
    started.leave();
  } catch (error) {
    noteFailure(parts, id, error);
    throw error;
  }
}

/** Whether its policy starts a container again that has just ended. */
export function wantsRestart({
  settings,
  stopRequested,
  exitCode,
  restartCount = 0,
}: ContainerRecord): boolean {
  const { name, maximum } = settings.restart ?? { name: 'no', maximum: 0 };
  if (stopRequested === true) return false;
  switch (name) {
    case 'no':
      return false;
    case 'always':
    case 'unless-stopped':
      return true;
    case 'on-failure':
      return exitCode !== 0 && (maximum === 0 || restartCount < maximum);
  }
}

/** Milliseconds until the start with this number: twice as long each time, up to a minute. */
export function delayOf(
  { startedAt = 0, finishedAt = 0 }: Pick<ContainerRecord, 'startedAt' | 'finishedAt'>,
  restarts: number,
): number {
  if (finishedAt - startedAt >= STEADY) return FIRST_DELAY;
  return Math.min(LONGEST_DELAY, FIRST_DELAY * 2 ** Math.min(restarts - 1, 20));
}

function noteRestarting({ store }: ContainerParts, { id }: Container): boolean {
  const owner = identify(process.pid);
  return store.note(({ containers }) => {
    const row = containers.get(id);
    if (!row || !owner) return false;
    const container = fromRow(row);
    if (isUp(container.state) || container.record.stopRequested === true) return false;
    containers.put(
      toRow({ ...container, state: 'restarting', record: { ...container.record, owner } }),
    );
    return true;
  });
}

function noteFailure({ store }: ContainerParts, id: string, error: unknown): void {
  store.note(({ containers }) => {
    const row = containers.get(id);
    if (!row) return;
    const { owner: _owner, ...record } = fromRow(row).record;
    const message = error instanceof Error ? error.message : String(error);
    containers.put(
      toRow({ ...fromRow(row), state: 'exited', record: { ...record, error: message } }),
    );
  });
}
