import type { CallOptions } from '../base/progress.ts';
import type { Platform } from '../oci/platform.ts';
import type { Package } from '../sbom/package.ts';

export type { Package } from '../sbom/package.ts';

/** The forms of a list of packages that other programs read. */
export type SbomFormat = 'spdx-json' | 'cyclonedx-json';

/** Whose packages are listed. */
export interface SbomOptions extends CallOptions {
  /** Of an image for several platforms, the one to look into. */
  readonly platform?: Platform;
  /** Seconds since the epoch: documents bear no later time. */
  readonly sourceDateEpoch?: number;
}

/** What is said of images: what they are made of, how they were built. */
export interface Attestations {
  /**
   * The packages of an image of the store, by the lists that its package managers keep; what
   * cannot be read of them is warned of. Throws ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
   */
  packages(image: string, options?: SbomOptions): Promise<readonly Package[]>;
  /** The same as a document: the same image gives the same bytes. Throws as `packages`. */
  document(image: string, format: SbomFormat, options?: SbomOptions): Promise<object>;
}
