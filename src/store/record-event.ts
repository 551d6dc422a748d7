import type { Digest } from '../oci/digest.ts';
import { familiar, familiarRepository, parseReference } from '../oci/reference.ts';
import type { EventRow } from './activity-tables.ts';
import type { Tables } from './tables.ts';

/** What happens to images, in Docker's words. */
export type ImageAction =
  | 'create'
  | 'delete'
  | 'import'
  | 'load'
  | 'pull'
  | 'push'
  | 'save'
  | 'tag'
  | 'untag';

/** How long a use may stay unrecorded, in milliseconds, so that work done again and again writes nothing. */
export const USE_STEP = 5 * 60 * 1000;

/**
 * Records that something happened to an image, in the transaction that does it. `name` is a
 * canonical name that it is about; by default the image's ID stands in its place, as in
 * Docker's events. Of a pull or a push the name is the actor, and `mirror` who gave it in place
 * of its registry.
 */
export function recordImage(
  tables: Tables,
  action: ImageAction,
  id: Digest,
  at: number,
  name?: string,
  mirror?: string,
): void {
  const labels = action === 'delete' ? {} : (tables.images.get(id)?.labels ?? {});
  const reference = name === undefined ? undefined : parseReference(name);
  const moved = action === 'pull' || action === 'push';
  const shown = reference && (moved ? familiarRepository(reference) : familiar(reference));
  tables.events.add({
    at,
    type: 'image',
    action,
    actor: reference && moved ? familiar(reference) : id,
    attributes: { ...labels, name: shown ?? id, ...(mirror !== undefined && { mirror }) },
  });
}

/** Records that things of a kind were cleaned up, and how many bytes that gave back. */
export function recordPrune(
  tables: Tables,
  type: EventRow['type'],
  at: number,
  bytes: number,
): void {
  const attributes = { reclaimed: String(bytes) };
  tables.events.add({ at, type, action: 'prune', actor: '', attributes });
}

/** True when a use of the image at this time is news worth writing. */
export function isNewUse(usedAt: number | undefined, at: number): boolean {
  return usedAt === undefined || at - usedAt >= USE_STEP;
}
