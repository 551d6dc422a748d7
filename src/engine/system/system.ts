import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { System } from '../system-types.ts';
import { checkSystem } from './check.ts';
import { type InfoParts, systemInfo } from './info.ts';
import { pruneCache } from './prune-cache.ts';

/** What the use cases of the system need. */
export interface SystemParts extends InfoParts {
  readonly snapshotter: Snapshotter;
}

/** The use cases that concern the store and the machine as a whole. */
export function systemOf(parts: SystemParts): System {
  return {
    info: () => systemInfo(parts),
    check: (options) => checkSystem(parts, options),
    pruneCache: (options) => pruneCache(parts.store, options),
  };
}
