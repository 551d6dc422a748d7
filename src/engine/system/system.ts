import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { System } from '../system-types.ts';
import type { InfoParts } from './info.ts';

/** What the use cases of the system need. */
export interface SystemParts extends InfoParts {
  readonly snapshotter: () => Promise<Snapshotter>;
}

/** The use cases that concern the store and the machine as a whole. Each is loaded when asked for. */
export function systemOf(parts: SystemParts): System {
  return {
    info: async () => (await import('./info.ts')).systemInfo(parts),
    async check(options) {
      const { checkSystem } = await import('./check.ts');
      return checkSystem({ ...parts, snapshotter: await parts.snapshotter() }, options);
    },
    pruneCache: async (options) =>
      (await import('./prune-cache.ts')).pruneCache(parts.store, options),
  };
}
