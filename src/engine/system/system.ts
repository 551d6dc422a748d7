import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Containers } from '../container-types.ts';
import type { Images } from '../engine.ts';
import type { System } from '../system-types.ts';
import type { InfoParts } from './info.ts';

/** What the use cases of the system need. */
export interface SystemParts extends InfoParts {
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly images: Pick<Images, 'list'>;
  readonly containers: Pick<Containers, 'list'>;
}

/** The use cases that concern the store and the machine as a whole. Each is loaded when asked for. */
export function systemOf(parts: SystemParts): System {
  return {
    info: async () => (await import('./info.ts')).systemInfo(parts),
    async check(options) {
      const { checkSystem } = await import('./check.ts');
      return checkSystem({ ...parts, snapshotter: await parts.snapshotter() }, options);
    },
    async cacheUsage(filter) {
      const { cacheItems, usageOf } = await import('./cache-entries.ts');
      const { cacheTest } = await import('./cache-filter.ts');
      const { items, own } = cacheItems(parts.store);
      const passes = cacheTest(filter);
      return usageOf({ items: items.filter(({ entry }) => passes(entry)), own });
    },
    async *examine(caller) {
      yield* (await import('./doctor.ts')).examine(parts, caller);
    },
    diskUsage: async () => (await import('./disk-usage.ts')).diskUsage(parts),
    whySpace: async () => (await import('./why.ts')).whySpace(parts.store),
    boot: async (place) =>
      (await import('../boot/boot-service.ts')).bootService(parts.store, place),
    async *events(request = {}) {
      const { events } = await import('../events/events.ts');
      yield* events(parts.store, request);
    },
    pruneCache: async (options) =>
      (await import('./prune-cache.ts')).pruneCache(parts.store, options),
  };
}
