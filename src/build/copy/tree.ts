import { constants } from 'node:fs';
import type { Digest, DiffId } from '../../oci/digest.ts';
import type { FileStat } from '../../sys/at.ts';

/** Something that COPY can read: in the build context or in a stack of layers. */
export interface TreeEntry {
  /** Absolute path inside the tree, links resolved. Bytes. */
  readonly path: Buffer;
  /** Where its bytes lie on disk. */
  readonly file: Buffer;
  /** `lstat` of `file`. */
  readonly stat: FileStat;
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
  /** Asked when all of an open file was read: throws when it is not, or no longer, what its entry says. */
  check?(entry: TreeEntry, fd: number): void;
  /** Whether a file was changed so lately that its stamp does not tell if it changes again. */
  isFresh?(entry: TreeEntry): boolean;
  /**
   * The source as one step sees it: first when its key is made, then when it copies. The second
   * time whatever differs from the first throws ContextChangedError.
   */
  witnessed?(step: object): Source;
  /** Extended attributes that travel with a copy. */
  xattrs(entry: TreeEntry): ReadonlyMap<string, Buffer>;
  /** Why a path is not there, as a hint: the ignore rule that hides it. */
  explainMissing?(path: string): string | undefined;
  /** The ignore rule that hides a path, which begins without a slash: `.dockerignore:3`. */
  readonly ignoredBy?: (path: string) => string | undefined;
}

const KINDS = new Map<number, TreeEntry['kind']>([
  [constants.S_IFREG, 'file'],
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'char'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
]);

/** What kind of entry a mode stands for. */
export function kindOf({ mode }: FileStat): TreeEntry['kind'] {
  return KINDS.get(Number(mode) & constants.S_IFMT) ?? 'socket';
}

/** Two byte strings with a slash between. */
export function joinPath(directory: Uint8Array, name: Uint8Array): Buffer {
  const { length } = directory;
  const at = length > 0 && directory[length - 1] === SLASH ? length : length + 1;
  const path = Buffer.allocUnsafe(at + name.length);
  path.set(directory);
  path[at - 1] = SLASH;
  path.set(name, at);
  return path;
}

/** The same with a name whose bytes are the characters of a string. */
export function joinLatin1(directory: Uint8Array, name: string): Buffer {
  const { length } = directory;
  const at = length > 0 && directory[length - 1] === SLASH ? length : length + 1;
  const path = Buffer.allocUnsafe(at + name.length);
  path.set(directory);
  path[at - 1] = SLASH;
  path.write(name, at, 'latin1');
  return path;
}

const SLASH = 0x2f;
