import type { Store } from '../../store/store.ts';
import { startBeside } from '../../monitor/helper.ts';
import { fromRow } from '../containers/record.ts';
import { needsTending } from './needs.ts';
import { isTended } from './seat.ts';

/** Starts the store's helper if a container needs it and it is not there. */
export function summonIfNeeded(store: Store, program: readonly string[]): void {
  if (isNeeded(store)) summon(store, program);
}

/** Starts the store's helper if it is not there. */
export function summon(store: Store, program: readonly string[]): void {
  if (program.length > 0 && !isTended(store)) startBeside(program);
}

/** Whether there is something to do for the helper. */
export function isNeeded(store: Store): boolean {
  const all = store.read(({ containers }) => containers.list().map(fromRow));
  return all.some((container) => needsTending(container, store.paths.containers));
}
