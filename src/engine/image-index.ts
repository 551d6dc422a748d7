import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';

/** The index that a name means. */
export interface ImageIndex {
  readonly descriptor: Descriptor;
  /** All that it lists, in its order. */
  readonly entries: readonly IndexEntry[];
}

/** One manifest of an index. */
export interface IndexEntry {
  readonly descriptor: Descriptor;
  readonly kind: 'image' | 'attestation';
  /** What an attestation is about. */
  readonly about?: Digest;
  /** Whether the image, or the manifest of the attestation, is here. */
  readonly available: boolean;
  /** Bytes of its blobs that are here: documents, and layers that are kept as they came. */
  readonly content: number;
  /** Bytes of file content of an image that is here. */
  readonly unpacked?: number;
  /** IDs of the containers of an image. */
  readonly containers: readonly string[];
}
