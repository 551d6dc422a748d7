import { constants } from 'node:os';
import type { Clock } from '../../base/clock.ts';
import { isErrno } from '../../base/errors.ts';
import { isAlive } from '../../runtime/process-identity.ts';
import type { Store } from '../../store/store.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { thaw } from './pause.ts';
import { fromRow, isUp, toRow, type Container } from './record.ts';
import { signalNumber } from './signals.ts';
import { tell } from './tell.ts';

const { SIGKILL, SIGCONT } = constants.signals;

/** What is needed to send a signal. */
export interface KillParts {
  readonly store: Store;
  readonly clock: Clock;
}

/**
 * Sends a signal to a container's first process. Throws ContainerNotFoundError,
 * ContainerConflictError when it does not run, UsageError.
 */
export function killContainer(parts: KillParts, name: string, signal = 'KILL'): void {
  const number = signalNumber(signal);
  const container = findContainer(parts.store, name);
  if (!isUp(container.state)) {
    throw new ContainerConflictError(
      `cannot kill container: ${name}: container ${container.id} is not running`,
    );
  }
  if (number === SIGKILL) noteStop(parts, container);
  sendSignal(parts, container, number);
}

/** Sends it where the process still runs; one that is killed while it is paused goes on to its end. */
export function sendSignal(
  { store, clock }: KillParts,
  container: Container,
  number: number,
): void {
  const { process: init } = container.record;
  if (!init || !isAlive(init)) return;
  try {
    process.kill(init.pid, number);
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
    return;
  }
  const isFrozen = container.state === 'paused' && number !== SIGCONT;
  if (isFrozen && number === SIGKILL) thaw(store, container);
  store.note((tables) =>
    tell(tables, 'kill', toRow(container), clock.now().getTime(), { signal: String(number) }),
  );
}

/** A user wants its end: no restart policy starts it again. */
export function noteStop({ store }: KillParts, { id }: Container): void {
  store.note(({ containers }) => {
    const row = containers.get(id);
    if (!row) return;
    const container = fromRow(row);
    containers.put(toRow({ ...container, record: { ...container.record, stopRequested: true } }));
  });
}
