import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  linkSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  symlinkSync,
} from 'node:fs';
import { isErrno } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import type { CallOptions } from '../base/progress.ts';
import type { LayerStream } from '../layer/layer-stream.ts';
import type { TarEntry } from '../layer/tar-entry.ts';
import { type FileStat, openAt, READ_PLAIN, statAt } from '../sys/at.ts';
import { ErrnoError } from '../sys/errors.ts';
import { deviceParts, makeNode } from '../sys/node.ts';
import { setTimes } from '../sys/times.ts';
import { writeAll } from '../sys/write-all.ts';
import { hasXattrs, setXattr } from '../sys/xattr.ts';
import { isOpaque, layerXattrs, OPAQUE, YES } from './attributes.ts';
import { UnwritableLayerError } from './errors.ts';
import { joined, PATH_LIMIT } from './names.ts';
import type { StackEntry, StackView } from './stack-view.ts';
import { writeSparse } from './write-sparse.ts';
import { fchown, lchown } from '../sys/owner.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY, S_IFMT } = constants;
const CREATE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
/** Most files fit, and are read and written at once. */
const SMALL = 256 * 1024;
const CHUNK = 1024 * 1024;
const MARK = Buffer.from('.wh.');
const OPAQUE_MARK = Buffer.from('.wh..wh..opq');
const NO_XATTRS: TarEntry['xattrs'] = new Map();

/**
 * Copies what an overlay keeps of changes (its upper directory) into the empty directory `into`,
 * and feeds a layer's stream on the way: every byte is read once. Deletions of what `below`
 * does not have are left out.
 *
 * The upper directory may be in use, and changing: what is gone when its turn comes is left
 * out, a file that becomes shorter while it is read is filled up with zeros, and no link in
 * the place of a directory leads elsewhere.
 *
 * Returns whether anything differs from `below`: directories alone that are as they were do
 * not. Throws UnwritableLayerError for what a tar of a layer cannot say.
 */
export async function copyUpper(
  upper: string,
  into: string,
  stream: LayerStream,
  options: CallOptions & { readonly below: Pick<StackView, 'find'> },
): Promise<boolean> {
  const copy = new UpperCopy(stream, options);
  const from = openSync(upper, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  const to = openSync(into, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  if (isOpaque(Buffer.from(upper))) {
    stream.entry(mark(OPAQUE_MARK));
    setXattr(into, OPAQUE, YES);
    copy.changed = true;
  }
  await copy.directory(from, to, Buffer.alloc(0), true);
  return copy.changed;
}

class UpperCopy {
  changed = false;
  readonly #stream: LayerStream;
  readonly #below: Pick<StackView, 'find'>;
  readonly #signal: AbortSignal | undefined;
  readonly #breathe = breather();
  /** First names of files with several: in the layer, and in the copy. */
  readonly #written = new Map<string, { readonly path: Buffer; readonly file: Buffer }>();
  readonly #small = Buffer.allocUnsafeSlow(SMALL);
  #chunk: Buffer | undefined;
  #root: Buffer | undefined;

  constructor(
    stream: LayerStream,
    { below, signal }: CallOptions & { readonly below: Pick<StackView, 'find'> },
  ) {
    this.#stream = stream;
    this.#below = below;
    this.#signal = signal;
  }

  /**
   * Closes both directories. `merged`: there is a directory below it, no link or file that it
   * stands in the place of.
   */
  async directory(from: number, to: number, path: Buffer, merged: boolean): Promise<void> {
    const [here, there] = [prefixOf(from), prefixOf(to)];
    this.#root ??= there;
    try {
      // Names are bytes: as latin1 they are kept, and sorted, as such.
      for (const text of readdirSync(here, 'latin1').sort()) {
        this.#signal?.throwIfAborted();
        const name = Buffer.from(text, 'latin1');
        const place = path.length === 0 ? name : joined(path, name);
        if (place.length > PATH_LIMIT)
          throw new UnwritableLayerError(place, 'its path is too long');
        const stat = statAt(from, name);
        if (!stat) continue;
        const type = Number(stat.mode) & S_IFMT;
        if (type === constants.S_IFDIR) {
          const old = merged ? this.#below.find(place, { followLast: false }) : undefined;
          await this.#directory(from, to, name, place, stat, old);
        } else if (type === constants.S_IFREG) {
          const large = this.#file(from, to, name, place);
          if (large) await large;
        } else {
          this.#special(here, there, name, place, stat, merged);
        }
        const rest = this.#breathe();
        if (rest) await rest;
      }
    } finally {
      closeSync(from);
      closeSync(to);
    }
  }

  async #directory(
    from: number,
    to: number,
    name: Buffer,
    path: Buffer,
    stat: FileStat,
    old: StackEntry | undefined,
  ): Promise<void> {
    checkName(name, path);
    const inside = unlessGone(() => openAt(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    if (inside === undefined) return;
    const [source, target] = [fileOf(from, name), fileOf(to, name)];
    const isNew =
      old?.kind !== 'directory' ||
      old.stat.mode !== stat.mode ||
      old.stat.uid !== stat.uid ||
      old.stat.gid !== stat.gid ||
      old.stat.mtimeNs !== stat.mtimeNs;
    this.changed ||= isNew;
    const xattrs = hasXattrs(inside) ? layerXattrs(prefixOf(inside)) : NO_XATTRS;
    this.#stream.entry({ ...attributes(path, stat), type: 'directory', size: 0, xattrs });
    mkdirSync(target, 0o700);
    if (old?.kind === 'directory' && isOpaque(source)) {
      this.#stream.entry(mark(joined(path, OPAQUE_MARK)));
      setXattr(target, OPAQUE, YES);
      this.changed = true;
    }
    const out = openAt(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    await this.directory(inside, out, path, old?.kind === 'directory');
    lchown(target, Number(stat.uid), Number(stat.gid));
    const fd = openAt(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    try {
      fchmodSync(fd, Number(stat.mode) & 0o7777);
      for (const [key, value] of xattrs) setXattr(target, key, value);
      setTimes(fd, stat.mtimeNs);
    } finally {
      closeSync(fd);
    }
  }

  #file(from: number, to: number, name: Buffer, path: Buffer): Promise<void> | undefined {
    checkName(name, path);
    const input = unlessGone(() => openAt(from, name, READ_PLAIN));
    if (input === undefined) return undefined;
    let large: Promise<void> | undefined;
    try {
      const stat = fstatSync(input, { bigint: true });
      if (!stat.isFile()) return undefined;
      this.changed = true;
      const entry = attributes(path, stat);
      const identity = stat.nlink > 1n ? `${stat.dev}:${stat.ino}` : undefined;
      const first = identity === undefined ? undefined : this.#written.get(identity);
      if (first) {
        const link = { ...entry, type: 'hardlink' as const, size: 0, xattrs: NO_XATTRS };
        this.#stream.entry({ ...link, linkTarget: first.path });
        linkSync(first.file, fileOf(to, name));
        return undefined;
      }
      if (identity !== undefined) {
        this.#written.set(identity, { path, file: Buffer.concat([this.#root!, path]) });
      }
      const xattrs = hasXattrs(input)
        ? (unlessGone(() => layerXattrs(fileOf(from, name))) ?? NO_XATTRS)
        : NO_XATTRS;
      const output = openAt(to, name, CREATE, 0o600);
      const finish = (): void => {
        fchown(output, Number(stat.uid), Number(stat.gid));
        fchmodSync(output, Number(stat.mode) & 0o7777);
        for (const [key, value] of xattrs) setXattr(fileOf(to, name), key, value);
        setTimes(output, stat.mtimeNs);
      };
      const head = { ...entry, type: 'file' as const, xattrs };
      if (stat.size > SMALL) {
        large = this.#large({ ...head, size: Number(stat.size) }, input, output)
          .then(finish)
          .finally(() => {
            closeSync(input);
            closeSync(output);
          });
        return large;
      }
      try {
        const content = this.#content(input);
        this.#stream.entry({ ...head, size: content.length });
        if (content.length > 0) {
          writeAll(output, content);
          this.#stream.content(content);
        }
        finish();
      } finally {
        closeSync(output);
      }
    } finally {
      if (!large) closeSync(input);
    }
    return undefined;
  }

  /** All of a small file; of one that has grown meanwhile as much as is small. */
  #content(fd: number): Buffer {
    let size = 0;
    while (size < SMALL) {
      const count = readSync(fd, this.#small, size, SMALL - size, null);
      if (count === 0) break;
      size += count;
    }
    return this.#small.subarray(0, size);
  }

  async #large(entry: TarEntry, input: number, output: number): Promise<void> {
    const chunk = (this.#chunk ??= Buffer.allocUnsafeSlow(CHUNK));
    this.#stream.entry(entry);
    for (let at = 0; at < entry.size;) {
      this.#signal?.throwIfAborted();
      const want = Math.min(CHUNK, entry.size - at);
      const count = readSync(input, chunk, 0, want, null);
      if (count === 0) chunk.fill(0, 0, want);
      const piece = chunk.subarray(0, count || want);
      writeSparse(output, piece, at);
      this.#stream.content(piece);
      at += piece.length;
      const rest = this.#breathe();
      if (rest) await rest;
    }
    ftruncateSync(output, entry.size);
  }

  #special(
    here: Buffer,
    there: Buffer,
    name: Buffer,
    path: Buffer,
    stat: FileStat,
    merged: boolean,
  ): void {
    const [source, target] = [Buffer.concat([here, name]), Buffer.concat([there, name])];
    const type = TYPES.get(Number(stat.mode) & S_IFMT);
    if (type === 'char' && stat.rdev === 0n) {
      if (!merged || !this.#below.find(path, { followLast: false })) return;
      const whiteout = Buffer.concat([MARK, name]);
      const cut = path.length - name.length;
      this.#stream.entry(mark(Buffer.concat([path.subarray(0, cut), whiteout])));
      makeNode(target, 'char', 0);
      this.changed = true;
      return;
    }
    checkName(name, path);
    if (type === undefined) return;
    const xattrs = unlessGone(() => layerXattrs(source));
    if (!xattrs) return;
    const entry = { ...attributes(path, stat), type, size: 0, xattrs };
    if (type === 'symlink') {
      const linkTarget = unlessGone(() => readlinkSync(source, 'buffer'));
      if (!linkTarget) return;
      this.#stream.entry({ ...entry, linkTarget });
      symlinkSync(linkTarget, target);
    } else {
      const device = type === 'fifo' ? undefined : deviceParts(stat.rdev);
      this.#stream.entry({ ...entry, ...(device && { device }) });
      makeNode(target, type, 0o600, device?.major, device?.minor);
    }
    this.changed = true;
    lchown(target, Number(stat.uid), Number(stat.gid));
    if (type !== 'symlink') chmodSync(target, Number(stat.mode) & 0o7777);
    for (const [key, value] of xattrs) setXattr(target, key, value);
    setTimes(target, stat.mtimeNs);
  }
}

const TYPES = new Map<number, 'symlink' | 'char' | 'block' | 'fifo'>([
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'char'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
]);

function attributes(
  path: Buffer,
  { mode, uid, gid, mtimeNs }: Pick<FileStat, 'mode' | 'uid' | 'gid' | 'mtimeNs'>,
): Pick<TarEntry, 'path' | 'mode' | 'uid' | 'gid' | 'mtime'> {
  return {
    path,
    mode: Number(mode) & 0o7777,
    uid: Number(uid),
    gid: Number(gid),
    mtime: mtimeNs,
  };
}

/** Marks have no owner and no time: overlayfs shares one device among many deletions. */
function mark(path: Buffer): TarEntry {
  return { path, type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: NO_XATTRS };
}

function checkName(name: Buffer, path: Buffer): void {
  if (!name.subarray(0, MARK.length).equals(MARK)) return;
  throw new UnwritableLayerError(path, 'names that begin with .wh. stand for deleted files');
}

function prefixOf(fd: number): Buffer {
  return Buffer.from(`/proc/self/fd/${fd}/`);
}

function fileOf(fd: number, name: Buffer): Buffer {
  return Buffer.concat([prefixOf(fd), name]);
}

function unlessGone<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch (error) {
    const isGone = isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'EINVAL');
    if (isGone || (error instanceof ErrnoError && error.code === 'ENXIO')) return undefined;
    throw error;
  }
}
