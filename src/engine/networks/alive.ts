import type { Store } from '../../store/store.ts';
import { fromRow, isUp } from '../containers/record.ts';
import { isOwned, settled } from '../containers/settle.ts';

/** The containers that run, or that a living stave is about to start. */
export function aliveContainers(store: Store): ReadonlySet<string> {
  const all = store.read(({ containers }) => containers.list().map(fromRow));
  return new Set(
    all
      .map((one) => settled(one, store.paths.containers))
      .filter(({ state, record }) => isUp(state) || isOwned(record))
      .map(({ id }) => id),
  );
}
