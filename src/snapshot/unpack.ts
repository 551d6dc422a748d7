import { createHash, hash as hashOf, type Hash } from 'node:crypto';
import {
  closeSync,
  constants,
  fchmodSync,
  ftruncateSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import type { Bytes } from '../base/bytes.ts';
import { isErrno } from '../base/errors.ts';
import { fileRow } from '../layer/file-row.ts';
import type { FileTableWriter } from '../layer/file-table-io.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { whiteoutOf } from '../layer/whiteout.ts';
import { type Digest, digestOf, finish } from '../oci/digest.ts';
import { InsideRoot } from '../sys/inside.ts';
import { makeNode } from '../sys/node.ts';
import { setTimes } from '../sys/times.ts';
import { writeAll } from '../sys/write-all.ts';
import { setXattr } from '../sys/xattr.ts';
import { isForeign, isWhiteout, OPAQUE, YES } from './attributes.ts';
import { copyUp } from './copy-up.ts';
import { LayerEntryError, quoted } from './errors.ts';
import { baseOf, components, joined, memberPath, parentOf, PATH_LIMIT } from './names.ts';
import { type DirectoryToFinish, MemberPlaces } from './place-members.ts';
import type { StackView } from './stack-view.ts';
import { writeSparse } from './write-sparse.ts';
import { fchown, lchown } from '../sys/owner.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
const EMPTY_DIGEST = digestOf('');
/** Names that the aufs of old put into layers; they mean nothing anywhere else. */
const AUFS = Buffer.from('.wh..wh.');
const MARK = Buffer.from('.wh.');
const OPAQUE_MARK = Buffer.from('.wh..wh..opq');
const NONE: TarEntry['xattrs'] = new Map();
/** Smaller files are not worth looking for holes. */
const SPARSE_FROM = 64 * 1024;

/** What an unpacked archive amounts to, besides its hash. */
export interface UnpackFigures {
  readonly entries: number;
  readonly contentSize: number;
}

/**
 * Puts the members of a layer's tar into an empty directory, as overlayfs wants them there,
 * and a row for each into the file table. Members may come from anybody: none of them gets
 * outside of the directory, whatever it is called and whatever links came before.
 *
 * Throws LayerEntryError for members that no layer may have, and system errors.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/layer.md
 */
export class Unpacker implements Disposable {
  readonly #table: FileTableWriter;
  readonly #inside: InsideRoot;
  /** A second one, because both names of a hard link have a parent to hold open. */
  readonly #targets: InsideRoot;
  readonly #places: MemberPlaces;
  readonly #dropped: (attribute: string) => void;
  readonly #directories: DirectoryToFinish[] = [];
  /** Attributes of the current member that the file system cannot hold. */
  readonly #lost = new Set<string>();
  #entries = 0;
  #contentSize = 0;

  /** `below` views the layers beneath; `dropped` is told of attributes that the file system cannot hold. */
  constructor(
    root: string,
    table: FileTableWriter,
    below: () => StackView | undefined,
    dropped: (attribute: string) => void,
  ) {
    this.#table = table;
    this.#dropped = dropped;
    this.#inside = new InsideRoot(root);
    this.#targets = new InsideRoot(root);
    this.#places = new MemberPlaces(
      this.#inside,
      below,
      (directory) => this.#directories.push(directory),
      (path) => this.#whiteoutToDirectory(path),
    );
  }

  /** Unpacks one member. Its body is read for files only. */
  async member(entry: TarEntry, body: Bytes): Promise<void> {
    const path = memberPath(entry.path);
    this.#entries += 1;
    const marked = markOf(path);
    if (marked === 'aufs') return;
    const clean = { ...entry, path, xattrs: imageXattrs(entry.xattrs) };
    if (marked) {
      const parent = this.#mark(marked.kind, marked.path, entry.mtime);
      this.#table.add(fileRow({ ...clean, path: joined(parent, baseOf(path)) }));
      return;
    }
    if (path.length === 0 && entry.type !== 'directory') {
      throw new LayerEntryError(entry.path, 'stands for the root and is no directory');
    }
    const place = path.length === 0 ? path : this.#places.place(path, entry.mtime);
    this.#lost.clear();
    const digest = await this.#make(clean, place, body);
    // Where it came to lie, not what the archive calls it: that is what a reader looks for.
    this.#table.add(fileRow({ ...clean, path: place, xattrs: this.#kept(clean.xattrs) }, digest));
  }

  /** Puts the metadata on all directories, which everything written into them would have changed. */
  finish(): UnpackFigures {
    for (const directory of this.#directories) {
      const fd = this.#inside.open(directory.path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      try {
        fchown(fd, directory.uid, directory.gid);
        fchmodSync(fd, directory.mode);
        const { path, xattrs } = directory;
        if (xattrs.size > 0) this.#setXattrs(path, this.#at(path), xattrs);
        setTimes(fd, directory.mtime);
      } finally {
        closeSync(fd);
      }
    }
    return { entries: this.#entries, contentSize: this.#contentSize };
  }

  [Symbol.dispose](): void {
    this.#inside[Symbol.dispose]();
    this.#targets[Symbol.dispose]();
  }

  async #make(entry: TarEntry, place: Buffer, body: Bytes): Promise<Digest | undefined> {
    try {
      if (entry.type === 'file') return await this.#file(entry, place, body);
      this.#makeOther(entry, entry.type, place);
      return undefined;
    } catch (error) {
      if (isErrno(error, 'EEXIST')) throw new LayerEntryError(entry.path, 'is there twice');
      if (isErrno(error, 'ENAMETOOLONG')) {
        throw new LayerEntryError(entry.path, 'has a name that is too long');
      }
      throw error;
    }
  }

  #makeOther(entry: TarEntry, type: Exclude<TarEntry['type'], 'file'>, place: Buffer): void {
    switch (type) {
      case 'directory':
        return this.#directory(entry, place);
      case 'symlink':
        return this.#symlink(entry, place);
      case 'hardlink':
        return this.#link(entry, place);
      case 'char':
      case 'block':
      case 'fifo':
        return this.#node(entry, type, place);
    }
  }

  async #file(entry: TarEntry, place: Buffer, body: Bytes): Promise<Digest> {
    const at = this.#inside.at(place);
    const fd = this.#once(at, () => openSync(at, CREATE, 0o600));
    try {
      const digest = await writeContent(fd, entry.size, body);
      this.#contentSize += entry.size;
      if (entry.uid !== 0 || entry.gid !== 0) fchown(fd, entry.uid, entry.gid);
      fchmodSync(fd, entry.mode);
      if (entry.xattrs.size > 0) this.#setXattrs(entry.path, at, entry.xattrs);
      setTimes(fd, entry.mtime);
      return digest;
    } finally {
      closeSync(fd);
    }
  }

  #directory(entry: TarEntry, place: Buffer): void {
    const { uid, gid, mode, mtime, xattrs } = entry;
    if (place.length > 0) {
      try {
        mkdirSync(this.#inside.at(place), 0o700);
      } catch (error) {
        if (!isErrno(error, 'EEXIST')) throw error;
        const stat = lstatSync(this.#inside.at(place), { bigint: true });
        if (isWhiteout(stat)) this.#whiteoutToDirectory(place);
        // Directories may come again, and may have been made as somebody's parent.
        else if (!stat.isDirectory()) throw error;
      }
    }
    // At once, so that the table tells what could be kept: nothing written into it changes them.
    if (xattrs.size > 0) this.#setXattrs(entry.path, this.#at(place), xattrs);
    this.#directories.push({ path: place, uid, gid, mode, mtime, xattrs: NONE });
  }

  #symlink(entry: TarEntry, place: Buffer): void {
    const text = Buffer.from(entry.linkTarget ?? []);
    if (text.length === 0 || text.length > PATH_LIMIT) {
      throw new LayerEntryError(entry.path, 'is a link with an impossible target');
    }
    const at = this.#inside.at(place);
    this.#once(at, () => symlinkSync(text, at));
    this.#finishNode(entry, at);
  }

  #link(entry: TarEntry, place: Buffer): void {
    const target = memberPath(entry.linkTarget ?? Buffer.alloc(0));
    if (target.length === 0) throw new LayerEntryError(entry.path, 'is a hard link to a directory');
    const found = this.#places.linkTarget(target, Buffer.from(entry.path));
    if (found.below) {
      const copy = this.#places.place(target, entry.mtime);
      copyUp(found.below, this.#inside.at(copy));
    }
    const from = this.#targets.at(found.place ?? target);
    const at = this.#inside.at(place);
    this.#once(at, () => linkSync(from, at));
  }

  #node(entry: TarEntry, type: 'char' | 'block' | 'fifo', place: Buffer): void {
    const { major, minor } = entry.device ?? { major: 0, minor: 0 };
    if (type === 'char' && major === 0 && minor === 0) {
      throw new LayerEntryError(entry.path, 'is the device that stands for a deleted file');
    }
    const at = this.#inside.at(place);
    this.#once(at, () => makeNode(at, type, 0o600, major, minor));
    this.#finishNode(entry, at, () => this.#inside.chmod(place, entry.mode));
  }

  #finishNode(entry: TarEntry, at: Buffer, chmod?: () => void): void {
    if (entry.uid !== 0 || entry.gid !== 0) lchown(at, entry.uid, entry.gid);
    chmod?.();
    if (entry.xattrs.size > 0) this.#setXattrs(entry.path, at, entry.xattrs);
    setTimes(at, entry.mtime);
  }

  /** Returns the directory that the mark lies in. */
  #mark(kind: 'whiteout' | 'opaque', path: Buffer, mtime: bigint): Buffer {
    if (kind === 'opaque') {
      const directory = this.#places.directory(path, path, mtime);
      setXattr(this.#at(directory), OPAQUE, YES);
      return directory;
    }
    const place = this.#places.place(path, mtime);
    const at = this.#inside.at(place);
    try {
      makeNode(at, 'char', 0, 0, 0);
    } catch (error) {
      if (!isErrno(error, 'EEXIST')) throw error;
      // What this layer has itself stays: the mark is about the layers below.
      if (lstatSync(at).isDirectory()) setXattr(at, OPAQUE, YES);
    }
    return parentOf(place);
  }

  /** Runs `make`, a second time when a whiteout of the same name came first: the file hides what is below by itself. */
  #once<T>(at: Buffer, make: () => T): T {
    try {
      return make();
    } catch (error) {
      if (!isErrno(error, 'EEXIST') || !isWhiteout(lstatSync(at, { bigint: true }))) throw error;
      unlinkSync(at);
      return make();
    }
  }

  #whiteoutToDirectory(place: Buffer): void {
    const at = this.#inside.at(place);
    unlinkSync(at);
    mkdirSync(at, 0o700);
    setXattr(at, OPAQUE, YES);
  }

  #at(place: Buffer): Buffer {
    return place.length === 0 ? this.#inside.path : this.#inside.at(place);
  }

  #setXattrs(path: Uint8Array, at: Buffer, xattrs: ReadonlyMap<string, Uint8Array>): void {
    for (const [name, value] of xattrs) {
      try {
        setXattr(at, name, value);
      } catch (error) {
        if (isErrno(error, 'EINVAL', 'E2BIG', 'ERANGE')) {
          throw new LayerEntryError(
            path,
            `has an impossible attribute ${quoted(Buffer.from(name))}`,
          );
        }
        if (!isErrno(error, 'ENOTSUP', 'EOPNOTSUPP')) throw error;
        this.#lost.add(name);
        this.#dropped(name);
      }
    }
  }

  #kept(xattrs: TarEntry['xattrs']): TarEntry['xattrs'] {
    if (this.#lost.size === 0) return xattrs;
    return new Map([...xattrs].filter(([name]) => !this.#lost.has(name)));
  }
}

/** Reads a name as a mark of deletion, as nothing special (undefined), or as a leftover of aufs. */
function markOf(path: Buffer): ReturnType<typeof whiteoutOf> | 'aufs' {
  if (!path.includes(MARK)) return undefined;
  const parts = components(path);
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    if (!startsWith(part, MARK)) continue;
    if (startsWith(part, AUFS) && !(last && part.equals(OPAQUE_MARK))) return 'aufs';
    if (!last) throw new LayerEntryError(path, 'lies in something that is marked as deleted');
  }
  return whiteoutOf(path);
}

function startsWith(bytes: Buffer, start: Buffer): boolean {
  return (
    bytes.length >= start.length && bytes.compare(start, 0, start.length, 0, start.length) === 0
  );
}

function imageXattrs(xattrs: TarEntry['xattrs']): TarEntry['xattrs'] {
  return xattrs.size === 0 ? xattrs : new Map([...xattrs].filter(([name]) => !isForeign(name)));
}

async function writeContent(fd: number, size: number, body: Bytes): Promise<Digest> {
  if (size === 0) return EMPTY_DIGEST;
  let digest: Digest | undefined;
  let hash: Hash | undefined;
  let at = 0;
  for await (const chunk of body) {
    if (chunk.length === size) {
      // For small files this is several times cheaper than a hash object.
      digest = `sha256:${hashOf('sha256', chunk, 'hex')}` as Digest;
    } else {
      hash ??= createHash('sha256');
      hash.update(chunk);
    }
    if (size < SPARSE_FROM) writeAll(fd, chunk, at);
    else writeSparse(fd, chunk, at);
    at += chunk.length;
  }
  if (at !== size) throw new RangeError('a tar member has less content than it announced');
  if (size >= SPARSE_FROM) ftruncateSync(fd, size);
  return digest ?? finish(hash ?? createHash('sha256'));
}
