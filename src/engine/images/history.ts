import type { Platform } from '../../oci/platform.ts';
import type { Store } from '../../store/store.ts';
import type { HistoryRow } from '../engine.ts';
import { imageSteps } from '../understand/steps.ts';

/**
 * The steps that made an image, newest first, with the bytes that each added.
 *
 * Layers that no history entry speaks of come last in the build, so first in the list.
 * Throws ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
 */
export function imageHistory(store: Store, name: string, platform?: Platform): HistoryRow[] {
  return imageSteps(store, name, platform)
    .steps.map(({ id, created, createdBy, comment, layer, origin }): HistoryRow => ({
      id,
      created,
      createdBy,
      size: layer?.contentSize ?? 0,
      comment,
      ...(origin && { origin }),
    }))
    .reverse();
}
