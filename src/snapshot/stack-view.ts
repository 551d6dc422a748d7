import type { BigIntStats } from 'node:fs';
import type { DiffId } from '../oci/digest.ts';

/** Something that exists in a stack of layers. */
export interface StackEntry {
  /** Absolute path inside the image, links resolved (but the last, where it was not followed). Bytes. */
  readonly path: Buffer;
  /** Where its bytes lie on disk: in the topmost layer that has it. */
  readonly file: Buffer;
  /** `lstat` of `file`. */
  readonly stat: BigIntStats;
  readonly kind: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';
  /** The layer that `file` lies in. */
  readonly layer: DiffId;
}

/**
 * Reads a stack of layers as the file system a container would see, in user space: overlay
 * whiteouts and opaque directories are obeyed, links are followed inside the image only
 * (absolute ones from its root, `..` stops there), 255 of them at most.
 * All calls are synchronous; layers never change.
 */
export interface StackView {
  /** Undefined when it, or a directory on the way, is not there. Throws InvalidInputError on link loops. */
  find(
    path: string | Uint8Array,
    options?: { readonly followLast?: boolean },
  ): StackEntry | undefined;
  /** The entries of a directory by name, sorted by bytes. */
  list(directory: StackEntry): StackEntry[];
  /** Content of a regular file of at most `limit` bytes; undefined when there is none. Throws InvalidInputError on another kind of file or a larger one. */
  read(path: string | Uint8Array, limit: number): Buffer | undefined;
  readlink(entry: StackEntry): Buffer;
  /**
   * Where `path` would come to lie if it were made now: links in existing parents resolved,
   * the missing rest appended. `missing` lists the parents (absolute, top first) to be made.
   * Throws InvalidInputError when a file is in the way of a parent.
   */
  place(path: string | Uint8Array): {
    readonly path: Buffer;
    readonly missing: readonly Buffer[];
    readonly existing?: StackEntry;
  };
}
