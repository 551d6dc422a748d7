import type { ImageRow } from '../../store/tables.ts';

/**
 * The time that lists, sorts and filters by age go by, in milliseconds since the epoch: the
 * config's own, or, where that is absent or clamped, when this store got the image.
 * (The row of an image whose times were clamped has no `createdAt`.)
 */
export function ageOf(image: ImageRow): number {
  return image.createdAt ?? image.storedAt;
}

/** Newest first; of the same age, the one stored last; then by ID, so that the order is always the same. */
export function byAge(a: ImageRow, b: ImageRow): number {
  return ageOf(b) - ageOf(a) || b.storedAt - a.storedAt || (a.id < b.id ? -1 : 1);
}
