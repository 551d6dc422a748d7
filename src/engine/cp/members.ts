import { closeSync, constants, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import type { TarEntry, TarEntryType } from '../../layer/tar-entry.ts';
import { deviceParts } from '../../sys/node.ts';
import { getXattr } from '../../sys/xattr.ts';
import { linkIn, type Node, pathIn, type Tree } from './tree.ts';

const PIECE = 256 * 1024;
/** The one attribute that travels: programs do not work without it. */
const CAPABILITY = 'security.capability';
const NONE: TarEntry['xattrs'] = new Map();

/** A file or whatever else is copied: its head, and its content once. */
export interface Member {
  readonly entry: TarEntry;
  /** `entry.size` bytes; a piece is valid until the next one is asked for. */
  readonly content: Iterable<Uint8Array> | AsyncIterable<Uint8Array>;
}

/** One thing of a tree, and where it was found. */
interface Origin {
  readonly node: Node;
  /** The directory that it is in, and its name there; absent for the root. */
  readonly parent?: Node;
  readonly name?: Buffer;
}

const TYPES = new Map<number, Exclude<TarEntryType, 'hardlink'>>([
  [constants.S_IFDIR, 'directory'],
  [constants.S_IFREG, 'file'],
  [constants.S_IFLNK, 'symlink'],
  [constants.S_IFCHR, 'char'],
  [constants.S_IFBLK, 'block'],
  [constants.S_IFIFO, 'fifo'],
]);

/**
 * What was found in a tree, and all that is below it, under the name `as`: depth first, names
 * sorted by their bytes. Files of several names come as hard links after the first. The tree may
 * be changing: what is gone when its turn comes is left out, and a file that becomes shorter
 * while it is read is filled up with zeros. Sockets are left out, and so is what is in directories
 * like /proc.
 */
export function* members(tree: Tree, origin: Origin, as: Buffer): Generator<Member, void> {
  yield* new Walk(tree).below(origin, as);
}

class Walk {
  readonly #tree: Tree;
  readonly #links = new Map<string, Buffer>();
  readonly #piece = Buffer.allocUnsafeSlow(PIECE);

  constructor(tree: Tree) {
    this.#tree = tree;
  }

  *below(origin: Origin, path: Buffer): Generator<Member, void> {
    const { node } = origin;
    const type = TYPES.get(node.kind);
    if (type === undefined) return;
    const head = headOf(origin, path, type);
    if (type === 'file') {
      yield* this.#file(node, head);
      return;
    }
    if (type === 'symlink') {
      const linkTarget = origin.parent && origin.name && linkIn(origin.parent, origin.name);
      if (linkTarget) yield { entry: { ...head, linkTarget }, content: [] };
      return;
    }
    const device = type === 'char' || type === 'block' ? deviceParts(node.stat.rdev) : undefined;
    yield { entry: { ...head, ...(device && { device }) }, content: [] };
    if (type !== 'directory') return;
    const names = readdirSync(`/proc/self/fd/${node.fd}/`, 'latin1').sort();
    for (const text of names) {
      const name = Buffer.from(text, 'latin1');
      using child = this.#tree.child(node, name);
      if (!child) continue;
      const origin = { node: child, parent: node, name };
      if (child.kind === constants.S_IFDIR && this.#tree.isForeign(node, child)) {
        yield { entry: headOf(origin, joined(path, name), 'directory'), content: [] };
      } else yield* this.below(origin, joined(path, name));
    }
  }

  *#file(node: Node, head: TarEntry): Generator<Member, void> {
    const { stat } = node;
    const identity = `${stat.dev}:${stat.ino}`;
    const first = stat.nlink > 1n ? this.#links.get(identity) : undefined;
    if (first) {
      const entry = {
        ...head,
        type: 'hardlink' as const,
        size: 0,
        xattrs: NONE,
        linkTarget: first,
      };
      yield { entry, content: [] };
      return;
    }
    if (stat.nlink > 1n) this.#links.set(identity, Buffer.from(head.path));
    // The very file that was looked at: what its name means by now does not matter.
    const fd = openSync(`/proc/self/fd/${node.fd}`, constants.O_RDONLY | constants.O_NONBLOCK);
    try {
      const size = Number(fstatSync(fd, { bigint: true }).size);
      yield { entry: { ...head, size }, content: this.#content(fd, size) };
    } finally {
      closeSync(fd);
    }
  }

  *#content(fd: number, size: number): Generator<Uint8Array, void> {
    for (let left = size; left > 0;) {
      const want = Math.min(left, PIECE);
      let count = readSync(fd, this.#piece, 0, want, null);
      if (count === 0) {
        this.#piece.fill(0, 0, want);
        count = want;
      }
      yield this.#piece.subarray(0, count);
      left -= count;
    }
  }
}

function headOf(
  { node, parent, name }: Origin,
  path: Buffer,
  type: Exclude<TarEntryType, 'hardlink'>,
): TarEntry {
  const { stat } = node;
  const capability =
    type === 'file' && parent && name && !node.mounted
      ? getXattr(pathIn(parent, name), CAPABILITY)
      : undefined;
  return {
    path,
    type,
    mode: Number(stat.mode) & 0o7777,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    size: 0,
    mtime: stat.mtimeNs,
    xattrs: capability ? new Map([[CAPABILITY, capability]]) : NONE,
  };
}

function joined(path: Buffer, name: Buffer): Buffer {
  return path.length === 0 ? name : Buffer.concat([path, Buffer.from('/'), name]);
}
