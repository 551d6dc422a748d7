import type { Connections } from '../registry/connection.ts';
import type { Store } from '../store/store.ts';
import type { ManifestLists } from './list-types.ts';

/** The use cases of manifest lists. Loaded when one is asked for. */
export function listsOf(store: Store, connections: () => Promise<Connections>): ManifestLists {
  const lists = async (): Promise<Omit<ManifestLists, 'combine'>> => {
    const { manifestLists } = await import('./lists/lists.ts');
    const { keptLists } = await import('./lists/kept-lists.ts');
    return manifestLists({ kept: keptLists(store.paths.lists), connections });
  };
  return {
    create: async (...call) => (await lists()).create(...call),
    annotate: async (...call) => (await lists()).annotate(...call),
    get: async (name) => (await lists()).get(name),
    push: async (...call) => (await lists()).push(...call),
    remove: async (name) => (await lists()).remove(name),
    async combine(request, call = {}) {
      const { combine } = await import('./lists/combine.ts');
      return combine(await connections(), request, call);
    },
  };
}
