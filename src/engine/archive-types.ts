import type { Bytes, ByteSink } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Platform } from '../oci/platform.ts';

/** Options of calls that move images in and out of archives. */
export interface ArchiveCall extends CallOptions {
  /** Of an index, only this platform. */
  readonly platform?: Platform;
}

/**
 * What a store has of layers, for `save` to leave it out. Sorted; the same store gives the same
 * text.
 */
export interface Inventory {
  /** Digests of layer blobs that it keeps byte for byte. */
  readonly blobs: readonly string[];
  /** Diff IDs of layers whose tar it can give. */
  readonly layers: readonly string[];
  /** Chain IDs of stacks that are whole. */
  readonly chains: readonly string[];
}

/** What `save` may be told. */
export interface SaveCall extends ArchiveCall {
  /** Docker's archive, which is an OCI layout too, or the layout alone. */
  readonly form?: 'docker' | 'oci';
  /** The archive as a whole. */
  readonly compress?: 'gzip' | 'zstd';
  /** Of the store that the archive is for: what it has is left out. */
  readonly have?: Inventory;
}

/** What `saveDirectory` may be told. */
export interface SaveDirectoryCall extends ArchiveCall {
  /** An OCI layout, or the `dir:` form of other tools, which holds one image. */
  readonly form: 'oci' | 'dir';
  /** Each layer. */
  readonly compress?: 'gzip' | 'zstd';
  readonly have?: Inventory;
}

/** An archive that is made while it is given out, once. */
export interface PouredArchive {
  /** Gives it out in pieces that are valid until the call returns. */
  pour(sink: ByteSink): Promise<void>;
}

/** An archive that can be iterated as well, instead; `pour` is quicker. */
export type SavedArchive = PouredArchive & Bytes;
