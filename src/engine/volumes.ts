import type { Store } from '../store/store.ts';
import type { Volumes } from './volume-types.ts';

/** The use cases of volumes. Loaded when one is asked for. */
export function volumesOf(store: Store): Volumes {
  return {
    async create(request = {}) {
      const { makePlace, newVolume, register } = await import('./volumes/place.ts');
      const row = newVolume(request, store.clock.now().getTime());
      const { name } = store.write((tables) => register(tables, row));
      makePlace(store, name);
      return name;
    },
    list: async (filter) => (await import('./volumes/list.ts')).listVolumes(store, filter),
    inspect: async (name) => (await import('./volumes/list.ts')).inspectVolume(store, name),
    async remove(name, options) {
      const { removeVolume } = await import('./volumes/remove.ts');
      await removeVolume(store, name, options);
    },
    prune: async (filter) => (await import('./volumes/remove.ts')).pruneVolumes(store, filter),
  };
}
