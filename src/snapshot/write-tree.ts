import {
  type BigIntStats,
  closeSync,
  constants,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
} from 'node:fs';
import type { LayerWatch } from '../layer/layer-stream.ts';
import type { TarEntry, TarEntryType } from '../layer/tar-entry.ts';
import { deviceParts } from '../sys/node.ts';
import { isOpaque, isWhiteout, layerXattrs } from './attributes.ts';
import { UnwritableLayerError } from './errors.ts';
import { joined, PATH_LIMIT } from './names.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK, S_IFMT } = constants;
const O_PATH = 0x200000;
const PIECE = 1024 * 1024;
const MARK = Buffer.from('.wh.');
const OPAQUE_MARK = Buffer.from('.wh..wh..opq');
const NO_XATTRS: TarEntry['xattrs'] = new Map();

/** A directory on the way down, held open: names below it cannot be led elsewhere or grow too long. */
interface Level {
  readonly fd: number;
  readonly path: Buffer;
  readonly names: readonly Buffer[];
  next: number;
}

/**
 * Gives a layer's directory to `stream` as tar entries: depth first, the entries of a directory sorted by the
 * bytes of their names, a directory before what is in it. What overlayfs keeps of deletions
 * becomes whiteouts, further names of one regular file become hard links, sockets are left
 * out, and so is the entry of the root itself. The same tree always gives the same bytes.
 *
 * Pauses (yields) after each entry and each MiB of content, for the caller to breathe.
 * Throws UnwritableLayerError for what a tar of a layer cannot say.
 */
export function* writeTree(root: string, stream: LayerWatch): Generator<void, void> {
  const levels: Level[] = [];
  const links = new Map<string, Buffer>();
  const piece = { buffer: Buffer.alloc(0) };
  try {
    levels.push(openLevel(Buffer.from(root), Buffer.alloc(0)));
    if (isOpaque(Buffer.from(root))) stream.entry(opaqueMark(Buffer.alloc(0)));
    for (let level = levels.at(-1); level; level = levels.at(-1)) {
      const name = level.names[level.next++];
      if (name === undefined) {
        closeSync(level.fd);
        levels.pop();
        continue;
      }
      const place = placeIn(level.fd, name);
      const path = joined(level.path, name);
      if (path.length > PATH_LIMIT) throw new UnwritableLayerError(path, 'its path is too long');
      const stat = lstatSync(place, { bigint: true });
      if (isWhiteout(stat)) {
        stream.entry(mark(joined(level.path, Buffer.concat([MARK, name]))));
      } else if (name.subarray(0, MARK.length).equals(MARK)) {
        throw new UnwritableLayerError(path, 'names that begin with .wh. stand for deleted files');
      } else if (stat.isDirectory()) {
        stream.entry(entryOf(path, 'directory', stat, place));
        if (isOpaque(place)) stream.entry(opaqueMark(path));
        levels.push(openLevel(place, path));
      } else {
        yield* writeLeaf(path, place, stat, stream, links, piece);
      }
      yield;
    }
  } finally {
    for (const { fd } of levels) closeSync(fd);
  }
}

function* writeLeaf(
  path: Buffer,
  place: Buffer,
  stat: BigIntStats,
  stream: LayerWatch,
  links: Map<string, Buffer>,
  piece: { buffer: Buffer },
): Generator<void, void> {
  const type = TYPES.get(Number(stat.mode) & S_IFMT);
  if (type === undefined) return;
  // Hard links of anything but files are rare, and archives of them are refused by many.
  if (type === 'file' && stat.nlink > 1n) {
    const identity = `${stat.dev}:${stat.ino}`;
    const first = links.get(identity);
    if (first) {
      stream.entry({ ...entryOf(path, 'hardlink', stat, place), linkTarget: first });
      return;
    }
    links.set(identity, path);
  }
  stream.entry(entryOf(path, type, stat, place));
  if (type === 'file' && stat.size > 0n) {
    yield* writeContent(path, place, Number(stat.size), stream, piece);
  }
}

function* writeContent(
  path: Buffer,
  place: Buffer,
  size: number,
  stream: LayerWatch,
  piece: { buffer: Buffer },
): Generator<void, void> {
  if (piece.buffer.length < Math.min(size, PIECE)) {
    // Most layers have small files only; then no large buffer is needed.
    piece.buffer = Buffer.allocUnsafeSlow(size > 64 * 1024 ? PIECE : 64 * 1024);
  }
  const fd = openSync(place, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
  try {
    for (let left = size; left > 0;) {
      const read = readSync(fd, piece.buffer, 0, Math.min(left, piece.buffer.length), null);
      if (read === 0) throw new UnwritableLayerError(path, 'it became shorter while it was read');
      stream.content(piece.buffer.subarray(0, read));
      left -= read;
      if (left > 0) yield;
    }
  } finally {
    closeSync(fd);
  }
}

const TYPES = new Map<number, TarEntryType>([
  [constants.S_IFREG, 'file'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'char'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
]);

function entryOf(path: Buffer, type: TarEntryType, stat: BigIntStats, place: Buffer): TarEntry {
  const linkTarget = type === 'symlink' ? readlinkSync(place, 'buffer') : undefined;
  const device = type === 'char' || type === 'block' ? deviceParts(stat.rdev) : undefined;
  return {
    path,
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: type === 'file' ? Number(stat.size) : 0,
    mtime: stat.mtimeNs,
    xattrs: type === 'hardlink' ? NO_XATTRS : layerXattrs(place),
    ...(linkTarget && { linkTarget }),
    ...(device && { device }),
  };
}

/** Marks have no owner and no time: overlayfs shares one device among many deletions. */
function mark(path: Buffer): TarEntry {
  return { path, type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0n, xattrs: NO_XATTRS };
}

function opaqueMark(directory: Buffer): TarEntry {
  return mark(joined(directory, OPAQUE_MARK));
}

function openLevel(place: Buffer, path: Buffer): Level {
  const fd = openSync(place, O_PATH | O_DIRECTORY | O_NOFOLLOW);
  try {
    const names = readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer' });
    return { fd, path, names: names.sort((a, b) => Buffer.compare(a, b)), next: 0 };
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}

function placeIn(fd: number, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${fd}/`), name]);
}
