import { constants } from 'node:os';
import type { StopRequest } from '../container-types.ts';
import { mountsBelow } from '../../sys/mount.ts';
import { afterExit } from './after-exit.ts';
import { needsRelease, noteEnd, waitForEnd } from './end.ts';
import { findContainer } from './find.ts';
import { noteStop, sendSignal, type KillParts } from './kill.ts';
import { thaw } from './pause.ts';
import { fromRow, isUp, toRow, type Container } from './record.ts';
import { rested } from './restart-policy.ts';
import { signalNumber } from './signals.ts';
import { tell } from './tell.ts';

const { SIGKILL } = constants.signals;
const DEFAULT_TIMEOUT = 10;
/** So long a killed process may take to be gone, in milliseconds. */
const DYING = 30_000;

/**
 * Asks a container to end and kills it when it does not; one that does not run stays as it is.
 * Throws ContainerNotFoundError, UsageError.
 */
export async function stopContainer(
  parts: KillParts,
  name: string,
  options: StopRequest = {},
): Promise<void> {
  const { store, clock } = parts;
  const container = findContainer(store, name);
  const { id, record, state } = container;
  const { settings, config } = record;
  const number = signalNumber(options.signal ?? config.StopSignal ?? 'TERM');
  if (isUp(state) || state === 'restarting') noteStop(parts, container);
  if (state === 'restarting') noteRest(parts, container.id);
  if (!isUp(state)) return;
  const timeout = options.timeout ?? settings.stopTimeout ?? DEFAULT_TIMEOUT;
  sendSignal(parts, container, number);
  if (state === 'paused') thaw(store, container);
  const patience = timeout < 0 ? Infinity : timeout * 1000;
  const ended = await waitForEnd(store, id, { patience });
  if (ended && isUp(ended.state)) await killNow(parts, ended);
  await settleEnd(parts, id);
  store.note((tables) => tell(tables, 'stop', toRow(container), clock.now().getTime()));
}

/** Kills a container and waits until it is gone. */
export async function killNow(parts: KillParts, container: Container): Promise<void> {
  const { store } = parts;
  sendSignal(parts, container, SIGKILL);
  if (container.state === 'paused') thaw(store, container);
  await waitForEnd(store, container.id, { patience: DYING });
}

/** Writes the end down, and does what its monitor left undone if that was killed. */
export async function settleEnd({ store, clock }: KillParts, id: string): Promise<void> {
  const now = noteEnd(store, id);
  if (!now || isUp(now.state)) return;
  const isTidy = !needsRelease(store, now, mountsBelow(store.paths.containers));
  if (now.record.remove || !isTidy) await afterExit({ store, clock }, id);
}

/** One that waits to be started again is not. */
export function noteRest({ store }: Pick<KillParts, 'store'>, id: string): void {
  store.note(({ containers }) => {
    const row = containers.get(id);
    if (row?.state !== 'restarting') return;
    const container = fromRow(row);
    const { owner } = container.record;
    // Whoever is just starting it gives up, and says so by letting go of it.
    const { record } = fromRow(rested(container));
    containers.put(
      toRow({ ...container, state: 'exited', record: { ...record, ...(owner && { owner }) } }),
    );
  });
}
