import type { Digest } from '../oci/digest.ts';
import type { ImageFilter, RemovalEvent } from './engine.ts';

/** Which images to remove: of those that nothing uses, what every condition lets go. */
export interface ImagePruneRequest {
  readonly filter?: ImageFilter;
  /** Also images with names; each of the three conditions below asks for them, too. */
  readonly all?: boolean;
  /** The newest so many of each repository stay. */
  readonly keepLast?: number;
  /** What was used since then stays. */
  readonly unusedSince?: Date;
  /** The least recently used go until all images take no more than these bytes. */
  readonly maxTotal?: number;
}

/** What was removed, and what the disk got back, in bytes. */
export interface ImagesPruned {
  readonly removed: readonly RemovalEvent[];
  readonly bytes: number;
}

/** An image in a plan. */
export interface PlannedImage {
  readonly id: Digest;
  /** Familiar names. */
  readonly names: readonly string[];
  /** Bytes of all its layers, also of those that others have. */
  readonly size: number;
  /** When it was last used, as far as is known. */
  readonly used: Date;
  /** Why it goes, or stays. */
  readonly why: string;
}

/** What a prune would do. */
export interface ImagePrunePlan {
  readonly going: readonly PlannedImage[];
  readonly staying: readonly PlannedImage[];
  /** What would be removed, in order. */
  readonly removed: readonly RemovalEvent[];
  /** Bytes of layers that nothing would need any more. */
  readonly bytes: number;
}
