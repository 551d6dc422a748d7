import { isAlive } from '../../runtime/process-identity.ts';
import { isUp, type Container } from '../containers/record.ts';
import { isAbandoned, isOwned, settled } from '../containers/settle.ts';
import { healthCheckOf } from './health.ts';
import { logRotation } from './log-options.ts';

/** Whether nobody watches a container that runs: its monitor was killed. */
export function isUnmonitored({ state, record }: Container): boolean {
  return isUp(state) && record.monitor !== undefined && !isAlive(record.monitor);
}

/**
 * Whether there is something about a container that nobody does unless the helper does.
 * `container` is as its row says, `directory` where the store keeps containers.
 */
export function needsTending(container: Container, directory: string): boolean {
  const now = settled(container, directory);
  const { state, record } = now;
  if (state === 'restarting') return !isOwned(record);
  if (isUp(state)) {
    return (
      healthCheckOf(record.config) !== undefined ||
      logRotation(record.settings) !== undefined ||
      isUnmonitored(now)
    );
  }
  return hasEndedUnseen(container, directory);
}

/** Whether it has ended, or was to go, and neither its monitor nor a stave is left to see to that. */
export function hasEndedUnseen(container: Container, directory: string): boolean {
  if (isAbandoned(container, directory)) return true;
  const { record } = container;
  if (settled(container, directory) === container || isOwned(record)) return false;
  return record.monitor === undefined || !isAlive(record.monitor);
}
