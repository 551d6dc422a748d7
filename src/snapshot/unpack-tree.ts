import {
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import type { Bytes } from '../base/bytes.ts';
import { InvalidInputError, isErrno } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { readTar } from '../layer/tar-reader.ts';
import { InsideRoot } from '../sys/inside.ts';
import { makeNode } from '../sys/node.ts';
import { setTimes } from '../sys/times.ts';
import { setXattr } from '../sys/xattr.ts';
import { isForeign } from './attributes.ts';
import { LayerEntryError, quoted } from './errors.ts';
import { memberPath, PATH_LIMIT } from './names.ts';
import { type DirectoryToFinish, MemberPlaces } from './place-members.ts';
import type { StackView } from './stack-view.ts';
import { writeSparse } from './write-sparse.ts';
import { fchown, lchown } from '../sys/owner.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;

/** How the members of an archive come to lie in a directory. */
export interface UnpackTreeOptions extends CallOptions {
  /**
   * True: those of the archive. False: all belongs to whoever unpacks it. Somebody: all members
   * are theirs, but not the directories that the archive only implies.
   */
  readonly owners: boolean | { readonly uid: number; readonly gid: number };
  /** For messages: `archive.tar`, `the build context`. */
  readonly name: string;
  /** What the tree will be put over: links in it lead members on, as they would there. */
  readonly below?: Pick<StackView, 'find'> | undefined;
}

/**
 * Unpacks an archive of files, one that is no layer, into an empty directory that nobody else
 * can reach. Members may come from anybody: none of them gets outside of the directory,
 * whatever it is called and whatever links came before. A member that comes twice counts as
 * it came last. Names that mark deletions in layers are plain names here.
 *
 * Throws InvalidInputError for members that no tree may have, and system errors.
 */
export async function unpackTree(
  tar: Bytes,
  into: string,
  options: UnpackTreeOptions,
): Promise<void> {
  using tree = new Tree(into, options);
  const pause = breather();
  try {
    for await (const { entry, body } of readTar(tar)) {
      options.signal?.throwIfAborted();
      await tree.member(entry, body);
      await pause();
    }
    tree.finish();
  } catch (error) {
    if (!(error instanceof LayerEntryError)) throw error;
    throw new InvalidInputError(
      `${options.name} holds what cannot be unpacked: ${quoted(error.path)} ${error.what}`,
      { cause: error },
    );
  }
}

class Tree implements Disposable {
  readonly #owners: boolean;
  readonly #owner: { readonly uid: number; readonly gid: number } | undefined;
  readonly #below: UnpackTreeOptions['below'];
  readonly #inside: InsideRoot;
  /** A second one, because both names of a hard link have a parent to hold open. */
  readonly #targets: InsideRoot;
  /** By path; their metadata is put on when nothing more is written into them. */
  readonly #directories = new Map<string, DirectoryToFinish>();
  #places: MemberPlaces;

  constructor(root: string, { owners, below }: UnpackTreeOptions) {
    this.#owners = owners !== false;
    this.#owner = typeof owners === 'object' ? owners : undefined;
    this.#below = below;
    this.#inside = new InsideRoot(root);
    this.#targets = new InsideRoot(root);
    this.#places = this.#newPlaces();
  }

  async member(found: TarEntry, body: Bytes): Promise<void> {
    const entry = this.#owner ? { ...found, ...this.#owner } : found;
    const path = memberPath(entry.path);
    if (path.length === 0) {
      if (entry.type !== 'directory') {
        throw new LayerEntryError(entry.path, 'stands for the root and is no directory');
      }
      return this.#note(path, entry);
    }
    try {
      const place = this.#places.place(path, entry.mtime);
      // What a hard link leads to is looked up before anything makes room for it.
      const target = entry.type === 'hardlink' ? this.#linkTarget(entry) : undefined;
      if (target?.equals(place) === true) return;
      this.#makeRoom(place, entry.type);
      await this.#make(entry, place, target, body);
    } catch (error) {
      if (!isErrno(error, 'ENAMETOOLONG')) throw error;
      throw new LayerEntryError(entry.path, 'has a name that is too long');
    }
  }

  finish(): void {
    // Children first: whoever is not root may not pass a directory of every mode.
    for (const directory of [...this.#directories.values()].reverse()) {
      const { path } = directory;
      const fd = this.#directory(path);
      if (fd === undefined) continue;
      try {
        if (this.#owners) fchown(fd, directory.uid, directory.gid);
        fchmodSync(fd, directory.mode);
        setXattrs(path.length === 0 ? this.#inside.path : this.#inside.at(path), directory);
        setTimes(fd, directory.mtime);
      } finally {
        closeSync(fd);
      }
    }
  }

  [Symbol.dispose](): void {
    this.#inside[Symbol.dispose]();
    this.#targets[Symbol.dispose]();
  }

  async #make(
    entry: TarEntry,
    place: Buffer,
    target: Buffer | undefined,
    body: Bytes,
  ): Promise<void> {
    const at = this.#inside.at(place);
    switch (entry.type) {
      case 'file':
        return this.#file(entry, at, body);
      case 'directory':
        if (!lstatSync(at, { throwIfNoEntry: false })) mkdirSync(at, 0o700);
        return this.#note(place, entry);
      case 'hardlink':
        // What it says of the file counts, as it came later.
        this.#link(entry, target ?? place, at);
        break;
      case 'symlink': {
        const text = Buffer.from(entry.linkTarget ?? []);
        if (text.length === 0 || text.length > PATH_LIMIT || text.includes(0)) {
          throw new LayerEntryError(entry.path, 'is a link with an impossible target');
        }
        symlinkSync(text, at);
        break;
      }
      default: {
        const { major, minor } = entry.device ?? { major: 0, minor: 0 };
        if (entry.type === 'char' && major === 0 && minor === 0) {
          throw new LayerEntryError(entry.path, 'is the device that stands for a deleted file');
        }
        makeNode(at, entry.type, 0o600, major, minor);
      }
    }
    if (this.#owners) lchown(at, entry.uid, entry.gid);
    if (entry.type !== 'symlink') this.#inside.chmod(place, entry.mode);
    setXattrs(at, entry);
    setTimes(at, entry.mtime);
  }

  async #file(entry: TarEntry, at: Buffer, body: Bytes): Promise<void> {
    const fd = openSync(at, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      let size = 0;
      for await (const chunk of body) {
        writeSparse(fd, chunk, size);
        size += chunk.length;
      }
      if (size !== entry.size) throw new RangeError('a tar member is shorter than it announced');
      ftruncateSync(fd, size);
      if (this.#owners) fchown(fd, entry.uid, entry.gid);
      fchmodSync(fd, entry.mode);
      setXattrs(at, entry);
      setTimes(fd, entry.mtime);
    } finally {
      closeSync(fd);
    }
  }

  #link(entry: TarEntry, target: Buffer, at: Buffer): void {
    try {
      linkSync(this.#targets.at(target), at);
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw error;
      // It lay in the directory that this link takes the place of.
      throw new LayerEntryError(entry.path, 'is a hard link to a file that does not exist');
    }
  }

  #linkTarget(entry: TarEntry): Buffer {
    const target = memberPath(entry.linkTarget ?? Buffer.alloc(0));
    if (target.length === 0) throw new LayerEntryError(entry.path, 'is a hard link to a directory');
    return this.#places.linkTarget(target, Buffer.from(entry.path)).place ?? target;
  }

  /** Takes away what lies where a member is to lie; directories merge. */
  #makeRoom(place: Buffer, type: TarEntry['type']): void {
    const at = this.#inside.at(place);
    const stat = lstatSync(at, { throwIfNoEntry: false });
    if (!stat || (stat.isDirectory() && type === 'directory')) return;
    rmSync(at, { recursive: true, force: true });
    this.#directories.delete(place.toString('latin1'));
    // What was known of parents may have led through it.
    if (stat.isDirectory() || stat.isSymbolicLink()) this.#places = this.#newPlaces();
  }

  /** Undefined for one whose place, or that of a parent, was taken by something else. */
  #directory(path: Buffer): number | undefined {
    try {
      return this.#inside.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) return undefined;
      throw error;
    }
  }

  #note(path: Buffer, { uid, gid, mode, mtime, xattrs }: Omit<DirectoryToFinish, 'path'>): void {
    const key = path.toString('latin1');
    this.#directories.set(key, { path: Buffer.from(path), uid, gid, mode, mtime, xattrs });
  }

  #newPlaces(): MemberPlaces {
    return new MemberPlaces(
      this.#inside,
      () => this.#below,
      (directory) => this.#note(directory.path, directory),
      () => undefined,
    );
  }
}

/** Attributes that the file system cannot hold, or that only root may set, are left out. */
function setXattrs(at: Buffer, { xattrs }: Pick<TarEntry, 'xattrs'>): void {
  for (const [name, value] of xattrs) {
    if (isForeign(name)) continue;
    try {
      setXattr(at, name, value);
    } catch (error) {
      const codes = ['ENOTSUP', 'EOPNOTSUPP', 'EPERM', 'EINVAL', 'E2BIG', 'ERANGE', 'ENOSPC'];
      if (!isErrno(error, ...codes)) throw error;
    }
  }
}
