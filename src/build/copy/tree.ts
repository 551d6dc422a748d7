import type { BigIntStats } from 'node:fs';
import type { Digest, DiffId } from '../../oci/digest.ts';

/** Something that COPY can read: in the build context or in a stack of layers. */
export interface TreeEntry {
  /** Absolute path inside the tree, links resolved. Bytes. */
  readonly path: Buffer;
  /** Where its bytes lie on disk. */
  readonly file: Buffer;
  /** `lstat` of `file`. */
  readonly stat: BigIntStats;
  readonly kind: 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';
  /** The layer it lies in; absent for the build context. */
  readonly layer?: DiffId;
  /** A directory that is there only for what lies below it: see `selectWithParents`. */
  readonly isWay?: boolean;
}

/**
 * A root that COPY reads from. Links are followed inside it only. Both the build context and
 * a `StackView` are one.
 */
export interface Tree {
  find(
    path: string | Uint8Array,
    options?: { readonly followLast?: boolean },
  ): TreeEntry | undefined;
  /** Sorted by bytes of the name. */
  list(directory: TreeEntry): TreeEntry[];
  readlink(entry: TreeEntry): Buffer;
}

/** A tree with what COPY needs beyond reading names. */
export interface Source {
  readonly tree: Tree;
  /** The directory that the tree shows part or all of, where it is one. */
  readonly directory?: string;
  /** Owners are those of the files (stages), or always 0:0 (the context). */
  readonly keepOwners: boolean;
  /** Says that questions about these entries will follow: what is known of them is fetched at once. */
  look?(entries: readonly TreeEntry[]): void;
  /** SHA-256 of a regular file's content. */
  contentDigest(entry: TreeEntry): Digest;
  /** Opens a regular file for reading, inside the root whatever happens meanwhile. */
  open(entry: TreeEntry): number;
  /** Extended attributes that travel with a copy. */
  xattrs(entry: TreeEntry): ReadonlyMap<string, Buffer>;
  /** Why a path is not there, as a hint: the ignore rule that hides it. */
  explainMissing?(path: string): string | undefined;
  /** The ignore rule that hides a path, which begins without a slash: `.dockerignore:3`. */
  readonly ignoredBy?: (path: string) => string | undefined;
}

/** Two byte strings with a slash between. */
export function joinPath(directory: Uint8Array, name: Uint8Array): Buffer {
  const bytes = Buffer.from(directory.buffer, directory.byteOffset, directory.length);
  if (bytes.length > 0 && bytes.at(-1) === 0x2f) return Buffer.concat([bytes, name]);
  return Buffer.concat([bytes, SLASH, name]);
}

const SLASH = Buffer.from('/');
