import { isThisBoot } from '../../runtime/process-identity.ts';
import { toRow, type Container, type ContainerRecord } from './record.ts';

const FIRST_DELAY = 100;
const LONGEST_DELAY = 60_000;
/** One that ran so long starts anew with the shortest delay. */
const STEADY = 10_000;

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

/** Milliseconds until the next start: twice as long each time, up to a minute. */
export function nextDelay({
  startedAt = 0,
  finishedAt = 0,
  restartDelay,
}: Pick<ContainerRecord, 'startedAt' | 'finishedAt' | 'restartDelay'>): number {
  if (restartDelay === undefined || finishedAt - startedAt >= STEADY) return FIRST_DELAY;
  return Math.min(LONGEST_DELAY, restartDelay * 2);
}

/**
 * What becomes of a container that has ended, by its policy: it stays, or waits to be started
 * again. What ended with an earlier boot stays: a boot has a command of its own for that.
 * `now` is in milliseconds since the epoch.
 */
export function concluded(ended: Container, now: number): Container {
  const { owner: _owner, ...left } = ended.record;
  const record = {
    ...(left.remove ? ended.record : left),
    finishedAt: left.finishedAt ?? now,
  };
  const { process } = record;
  if (record.remove || !process || !isThisBoot(process) || !wantsRestart(record)) {
    return { ...ended, record };
  }
  const restartDelay = nextDelay(record);
  return {
    ...ended,
    state: 'restarting',
    record: { ...record, restartDelay, restartAt: now + restartDelay },
  };
}

/** The row of a container that will not be started again by itself. */
export function rested(container: Container): ReturnType<typeof toRow> {
  const { owner: _owner, restartAt: _at, restartDelay: _delay, ...record } = container.record;
  return toRow({ ...container, state: 'exited', record });
}
