import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';

/** What to put under an image. */
export interface RebaseRequest {
  readonly image: string;
  /** The new base; pulled when it is not here. */
  readonly onto: string;
  /** The base that it has now; by default what it says itself. */
  readonly base?: string;
  /** Of the result; by default the name that was given for the image. */
  readonly name?: string;
  /** Where both changed a file, the image's stays; otherwise that is a conflict. */
  readonly force?: boolean;
  readonly platform?: Platform;
}

/** A path that the image has from its own layers, and that the new base has otherwise than the old. */
export interface RebaseConflict {
  /** Absolute. */
  readonly path: string;
  /** Of the image, from 1 at the bottom. */
  readonly layer: number;
  /** What the history says of that layer. */
  readonly createdBy: string;
  readonly why:
    | 'changed in both'
    | 'added in both'
    | 'removed in the new base'
    | 'below what is no directory in the new base';
}

/** An image on a new base. */
export interface Rebased {
  readonly id: Digest;
  /** Layers of the image that stay, and of the bases. */
  readonly layers: { readonly own: number; readonly before: number; readonly after: number };
  /** What the image says itself although the new base says something else: `Env PATH`. */
  readonly kept: readonly string[];
  /** Those that `force` passed over. */
  readonly conflicts: readonly RebaseConflict[];
  /** The old base. */
  readonly from: string;
}

/** What is known of the base of an image. */
export interface Freshness {
  readonly id: Digest;
  /** Familiar names. */
  readonly tags: readonly string[];
  /** The name that it was built on, familiar; absent where it does not say. */
  readonly base?: string;
  readonly baseDigest?: string;
  readonly status: 'current' | 'outdated' | 'unknown';
  /** Why, in a line. */
  readonly reason: string;
  /** What the base's name points at now. */
  readonly newest?: string;
  /** When packages were last changed, by the newest package database in its layers. */
  readonly packages?: { readonly manager: string; readonly changed: Date };
}

/** What to look at. */
export interface OutdatedRequest {
  /** All images with names by default. */
  readonly images?: readonly string[];
  /** Asks no registry: only what is here counts. */
  readonly local?: boolean;
  /** Milliseconds: packages that were last changed longer ago make an image outdated. */
  readonly maxAge?: number;
}

/** What is outdated, and how to mend it. */
export interface OutdatedReport {
  readonly images: readonly Freshness[];
  /** The outdated ones, a base before what is built on it. */
  readonly order: readonly Freshness[];
}

/** Images and their bases. */
export interface Freshening {
  /**
   * Puts the layers of an image on another base without building it anew. Throws
   * RebaseConflictError where that can be shown to go wrong, BaseUnknownError,
   * ImageNotFoundError.
   */
  rebase(request: RebaseRequest, options?: CallOptions): Promise<Rebased>;
  /** Compares images with what their bases are today. Throws ImageNotFoundError. */
  outdated(request?: OutdatedRequest, options?: CallOptions): Promise<OutdatedReport>;
}
