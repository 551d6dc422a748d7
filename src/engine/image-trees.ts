import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';

/** What something takes and whether it is in use. */
export interface TreeFacts {
  readonly id: Digest;
  /** Bytes of file content in all layers, and of all blobs. */
  readonly size: number;
  /** Bytes of the blobs alone: documents, and layers that are kept as they came. */
  readonly content: number;
  readonly inUse: boolean;
}

/** An image, or an index with those of its images that are here. */
export interface ImageTree extends TreeFacts {
  /** Familiar names, with tags before those with digests; empty for an image without one. */
  readonly names: readonly string[];
  /** In the order of the index; empty for what is no index. */
  readonly platforms: readonly (TreeFacts & { readonly platform: Platform })[];
}
