import { recordPrune } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import { spaceBelow } from '../system/space.ts';
import type { Volumes, VolumesPruned } from '../volume-types.ts';
import { VolumeInUseError, VolumeNotFoundError } from './errors.ts';
import { listVolumes } from './list.ts';
import { isMounted, unmountIdle } from './local-driver.ts';
import { takeAway } from './place.ts';

/** Removes a volume that no container has. Throws VolumeNotFoundError but with `force`, VolumeInUseError. */
export async function removeVolume(
  store: Store,
  name: string,
  options: { readonly force?: boolean } = {},
): Promise<void> {
  const row = store.read(({ volumes }) => volumes.get(name));
  if (!row && options.force === true) return;
  if (!row) throw new VolumeNotFoundError(name);
  if (isMounted(row)) release(store);
  store.write((tables) => {
    const found = tables.volumes.get(name);
    if (!found) return;
    const users = tables.volumes.users(name);
    if (users.length > 0) throw new VolumeInUseError(name, users, namesOf(tables, users));
    takeAway(tables, store, found);
  });
  await store.collect();
}

/** Removes volumes that no container has: anonymous ones, with `all` every one. */
export async function pruneVolumes(
  store: Store,
  filter: Parameters<Volumes['prune']>[0] = {},
): Promise<VolumesPruned> {
  const { all, ...labels } = filter;
  const removed: string[] = [];
  let bytes = 0;
  release(store);
  for (const { name, anonymous, mountpoint } of listVolumes(store, { ...labels, dangling: true })) {
    if (!anonymous && all !== true) continue;
    const size = spaceBelow(mountpoint);
    const isGone = store.write((tables) => {
      const row = tables.volumes.get(name);
      if (!row || tables.volumes.users(name).length > 0) return false;
      takeAway(tables, store, row);
      return true;
    });
    if (!isGone) continue;
    removed.push(name);
    bytes += size;
  }
  if (removed.length === 0) return { removed, bytes };
  store.note((tables) => recordPrune(tables, 'volume', store.clock.now().getTime(), bytes));
  await store.collect();
  return { removed, bytes };
}

/** Takes away what is mounted for volumes that no container has. */
function release(store: Store): void {
  const used = store.read(
    ({ volumes }) =>
      new Set(
        volumes
          .list()
          .map(({ name }) => name)
          .filter((name) => volumes.users(name).length > 0),
      ),
  );
  unmountIdle(store, (name) => used.has(name));
}

function namesOf(tables: Tables, ids: readonly string[]): string[] {
  return ids.flatMap((id) => tables.containers.get(id)?.name ?? []);
}
