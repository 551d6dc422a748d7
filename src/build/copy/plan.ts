import { InvalidInputError } from '../../base/errors.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { Source, TreeEntry } from './tree.ts';

/** Owner, permission bits and times that an entry of a new layer gets. */
export interface Metadata {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly xattrs: ReadonlyMap<string, Buffer>;
  /** Takes the place of whatever is there, of another kind too: members of archives do. */
  readonly replaces?: boolean;
}

/** A directory of the new layer: made by it, or repeated from below so that overlayfs can merge. */
export interface PlannedDirectory extends Omit<Metadata, 'mtime'> {
  readonly kind: 'directory';
  /** Nanoseconds since the epoch; that of the last directory whose contents were copied into it. */
  mtime: bigint;
  /** The stack below has nothing under it: a look-up there can be saved. */
  readonly fresh: boolean;
  /** Keys are names as latin1, so that every byte is one character and order is byte order. */
  readonly children: Map<string, PlannedNode>;
  /** Of a directory that is there already, the owner and the time stay. */
  readonly isWay?: boolean;
  /** What is still to be put into it, in order. See {@link Plan.expand}. */
  readonly pending: Pending[];
}

/** Puts the contents of one source directory into a planned one that comes to lie at `path`. */
export type Pending = (plan: Plan, into: PlannedDirectory, path: Buffer) => void;

/** A regular file: from a source, or with its bytes at hand (heredocs). */
export interface PlannedFile extends Metadata {
  readonly kind: 'file';
  readonly from: { readonly source: Source; readonly entry: TreeEntry } | Buffer;
  /** Equal for names of one file: the first in tar order holds the content. */
  readonly inode?: string;
}

/** What has no content of its own. */
export interface PlannedSpecial extends Metadata {
  readonly kind: 'symlink' | 'char' | 'block' | 'fifo';
  readonly target?: Buffer;
  readonly rdev?: bigint;
}

/** Anything that a copy makes. */
export type PlannedNode = PlannedDirectory | PlannedFile | PlannedSpecial;

/** How a name resolves in the stack below together with what is planned already. */
interface Place {
  /** Absolute, links resolved. */
  readonly path: Buffer;
  readonly kind: PlannedNode['kind'] | 'socket' | undefined;
}

/** As many as a look-up in a stack follows. */
const MAX_LINKS = 255;
const bytes = (part: Uint8Array | string): Buffer => Buffer.from(part);

const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();

/**
 * The tree of a layer in the making, over the stack it will lie on. Parents that exist below
 * are repeated with their own metadata; missing ones are made with `parents`.
 *
 * The contents of source directories are only noted; they are looked at when something asks
 * for them, at the latest when they are written, so that memory holds one directory at a time.
 */
export class Plan {
  readonly root: PlannedDirectory = directory({ mode: 0o755, uid: 0, gid: 0, mtime: 0n }, false);
  /** Is told of each directory that is new in the image. */
  onDirectory: ((path: Buffer, mode: number) => void) | undefined;
  readonly #below: StackView;
  readonly #xattrs: (entry: TreeEntry) => ReadonlyMap<string, Buffer>;
  readonly #parents: Omit<Metadata, 'xattrs'>;

  constructor(
    below: StackView,
    options: {
      readonly parents: Omit<Metadata, 'xattrs'>;
      readonly xattrs: (entry: TreeEntry) => ReadonlyMap<string, Buffer>;
    },
  ) {
    this.#below = below;
    this.#parents = options.parents;
    this.#xattrs = options.xattrs;
  }

  /** Where `path` leads, links in it and at its end followed. */
  resolve(path: Uint8Array | string, links = 0): Place {
    const placed = this.#below.place(path);
    const planned = this.#lookup(placed.path);
    const kind = planned?.kind ?? placed.existing?.kind;
    if (kind !== 'symlink') return { path: placed.path, kind };
    if (links > MAX_LINKS) throw new InvalidInputError(`too many links at ${path.toString()}`);
    const target =
      planned?.kind === 'symlink'
        ? planned.target
        : placed.existing && this.#below.readlink(placed.existing);
    const from = placed.path.subarray(0, placed.path.lastIndexOf(0x2f) + 1);
    const isAbsolute = target?.[0] === 0x2f;
    return this.resolve(
      Buffer.concat([isAbsolute ? '' : from, target ?? ''].map(bytes)),
      links + 1,
    );
  }

  /** Makes sure there is a directory at an already resolved path, and returns it. */
  directory(
    path: Buffer,
    made: Omit<Metadata, 'xattrs'> = this.#parents,
    parents = this.#parents,
  ): PlannedDirectory {
    let at = this.root;
    let walked = '';
    const names = split(path);
    for (const [index, name] of names.entries()) {
      this.expand(at, Buffer.from(walked, 'latin1'));
      walked += `/${name}`;
      const known = at.children.get(name);
      if (known) {
        if (known.kind !== 'directory') throw inTheWay(walked);
        at = known;
        continue;
      }
      const below = at.fresh
        ? undefined
        : this.#below.find(Buffer.from(walked, 'latin1'), { followLast: false });
      if (below && below.kind !== 'directory') throw inTheWay(walked);
      const next = below
        ? directory(metadataOf(below), false, this.#xattrs(below))
        : directory(index === names.length - 1 ? made : parents, true);
      if (!below) this.onDirectory?.(Buffer.from(walked, 'latin1'), next.mode);
      at.children.set(name, next);
      at = next;
    }
    return at;
  }

  /** Puts a node at an already resolved path; its parents are made. Returns what is there now. */
  put(path: Buffer, node: PlannedNode): PlannedNode {
    const cut = path.lastIndexOf(0x2f);
    const name = path.subarray(cut + 1);
    if (name.length === 0) throw new InvalidInputError('cannot copy a file over /');
    const parent = this.directory(path.subarray(0, cut));
    this.expand(parent, path.subarray(0, cut));
    return this.add(parent, path, name, node);
  }

  /** Puts in what was noted for a directory at `path`: one level, not what lies deeper. */
  expand(directory: PlannedDirectory, path: Buffer): void {
    for (const put of directory.pending.splice(0)) put(this, directory, path);
  }

  /** Puts a node into a planned directory; `path` is where that comes to lie. */
  add(parent: PlannedDirectory, path: Buffer, name: Buffer, node: PlannedNode): PlannedNode {
    const key = name.toString('latin1');
    if (key.startsWith('.wh.')) {
      throw new InvalidInputError(
        `the name ${JSON.stringify(name.toString())} cannot be kept in a layer: names that begin with .wh. mark removed files`,
      );
    }
    const known = parent.children.get(key);
    const below = known || parent.fresh ? undefined : this.#below.find(path, { followLast: false });
    const existing = known?.kind ?? below?.kind;
    if (node.kind !== 'directory' && existing === 'directory' && node.replaces !== true) {
      throw new InvalidInputError(`cannot overwrite the directory ${path.toString()} with a file`);
    }
    const inside = existing === undefined || existing === 'directory';
    if (node.kind === 'directory' && !inside && node.replaces !== true) {
      throw inTheWay(path.toString('latin1'));
    }
    if (node.kind === 'directory' && existing === undefined) this.onDirectory?.(path, node.mode);
    const placed =
      node.kind === 'directory'
        ? {
            ...node,
            ...(node.isWay === true && this.#asWay(node, known, below)),
            fresh: known?.kind === 'directory' ? known.fresh : below?.kind !== 'directory',
            children: known?.kind === 'directory' ? known.children : node.children,
            pending: [...(known?.kind === 'directory' ? known.pending : []), ...node.pending],
          }
        : node;
    parent.children.set(key, placed);
    return placed;
  }

  /** What a directory keeps of itself when another one only leads through it. */
  #asWay(
    { mode }: PlannedDirectory,
    known: PlannedNode | undefined,
    below: TreeEntry | undefined,
  ): Partial<Metadata> {
    if (known) {
      const { uid, gid, mtime, xattrs } = known;
      return { mode, uid, gid, mtime, xattrs };
    }
    return below ? { ...metadataOf(below), mode, xattrs: this.#xattrs(below) } : {};
  }

  #lookup(path: Buffer): PlannedNode | undefined {
    let at: PlannedNode | undefined = this.root;
    let walked = '';
    for (const name of split(path)) {
      if (at?.kind !== 'directory') return undefined;
      this.expand(at, Buffer.from(walked, 'latin1'));
      walked += `/${name}`;
      at = at.children.get(name);
    }
    return at;
  }
}

/** Mode, owner and time of something that exists. */
export function metadataOf(entry: TreeEntry): Omit<Metadata, 'xattrs'> {
  return {
    mode: Number(entry.stat.mode) & 0o7777,
    uid: Number(entry.stat.uid),
    gid: Number(entry.stat.gid),
    mtime: entry.stat.mtimeNs,
  };
}

function directory(
  metadata: Omit<Metadata, 'xattrs'>,
  fresh: boolean,
  xattrs: ReadonlyMap<string, Buffer> = NO_XATTRS,
): PlannedDirectory {
  return { ...metadata, xattrs, kind: 'directory', fresh, children: new Map(), pending: [] };
}

function split(path: Buffer): string[] {
  return path
    .toString('latin1')
    .split('/')
    .filter((part) => part !== '');
}

function inTheWay(path: string): InvalidInputError {
  return new InvalidInputError(
    `cannot copy to ${Buffer.from(path, 'latin1').toString()}: a file that is not a directory is in the way`,
  );
}
