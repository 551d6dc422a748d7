import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import { unmount } from '../../sys/mount.ts';
import { isMounted } from './local-driver.ts';
import { takeAway, volumeData } from './place.ts';

/**
 * Removes the anonymous volumes of a container that no other one has, in the transaction that
 * removes the container, before its row goes. What they held is in the trash then, at the paths
 * that are returned.
 */
export function removeWithContainer(tables: Tables, store: Store, id: string): string[] {
  return tables.volumes
    .of(id)
    .filter(({ name, anonymous }) => anonymous && tables.volumes.users(name).length === 1)
    .map((row) => {
      tables.volumes.detach(id, row.name);
      if (isMounted(row)) unmount(volumeData(store.paths.volumes, row.name));
      return takeAway(tables, store, row);
    });
}
