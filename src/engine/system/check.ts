import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { CheckOptions, Store } from '../../store/store.ts';
import type { CheckResult } from '../system-types.ts';

/** How to check. */
export type SystemCheckOptions = Omit<CheckOptions, 'verifyLayer'>;

/**
 * Checks everything stored: blobs against their digests, layers against their diff IDs,
 * images for all their parts, and what belongs to nobody. With `repair`, drops what is
 * damaged.
 */
export function checkSystem(
  parts: { readonly store: Store; readonly snapshotter: Snapshotter },
  options: SystemCheckOptions = {},
): Promise<CheckResult> {
  const { store, snapshotter } = parts;
  return store.check({
    ...options,
    verifyLayer: (diffId, call) => snapshotter.verify(diffId, call),
  });
}
