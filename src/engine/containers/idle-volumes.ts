import type { Store } from '../../store/store.ts';
import { unmountIdle } from '../volumes/local-driver.ts';
import { fromRow, isUp } from './record.ts';
import { isOwned, settled } from './settle.ts';

/**
 * Takes away what is mounted for volumes that no container has which runs, or is about to: what
 * such a volume held in memory is gone then.
 */
export function unmountUnused(store: Store): void {
  unmountIdle(store, (name) =>
    store.read((tables) =>
      tables.volumes.users(name).some((id) => {
        const row = tables.containers.get(id);
        if (!row) return false;
        const { state, record } = settled(fromRow(row), store.paths.containers);
        return isUp(state) || state === 'created' || state === 'restarting' || isOwned(record);
      }),
    ),
  );
}
