import { type BigIntStats, closeSync, constants, fstatSync, openSync, readlinkSync } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { openAt } from '../../sys/at.ts';
import { LinkLoopError, NoSuchPathError, NotADirectoryError } from './errors.ts';

const { O_DIRECTORY, O_NOFOLLOW, S_IFMT } = constants;
const O_PATH = 0x200000;
/** As many as Linux follows. */
const LINK_LIMIT = 40;
const SLASH = 0x2f;

/** Something in a tree, held open: it stays what it is, whatever its path becomes. */
export interface Node extends Disposable {
  /** Opened as a path only. */
  readonly fd: number;
  readonly stat: BigIntStats;
  readonly kind: number;
  /** Something is mounted here that may only be read. */
  readonly readonly: boolean;
  /** Something is mounted here: it can be neither removed nor replaced. */
  readonly mounted: boolean;
}

/** The directories from the root down to one of them, held open. */
export interface Trail extends Disposable {
  readonly nodes: readonly Node[];
  readonly top: Node;
}

/** Where a path leads. */
export interface Found extends Disposable {
  readonly trail: Trail;
  /** Its last name in the directory on top of the trail; undefined where it ends with that directory itself. */
  readonly name: Buffer | undefined;
  /** What is there; undefined when nothing is. */
  readonly node: Node | undefined;
}

/** Something that is mounted in a tree: what is opened as `fd` covers what is opened as `on`. */
interface Cover {
  readonly on: number;
  readonly fd: number;
  readonly readonly: boolean;
}

/**
 * A tree of files that somebody else may be changing, as a process sees it that has it as its
 * root: links lead nowhere outside. It is walked component by component through open
 * directories, links are read by hand, and what is mounted in it is known by device and inode
 * of what it covers, so that nothing has to be mounted to look into it.
 */
export class Tree implements Disposable {
  readonly #root: number;
  readonly #readonly: boolean;
  readonly #covers = new Map<string, Cover>();
  /** What is mounted in it on somebody's wish. */
  readonly #wished = new Set<string>();

  /** Takes `root`, a directory, over. */
  constructor(root: number, options: { readonly readonly?: boolean } = {}) {
    this.#root = root;
    this.#readonly = options.readonly === true;
  }

  /** Lets `fd`, which is taken over, cover what is at a path; nothing happens where nothing is. */
  cover(path: string, fd: number, readonly: boolean): void {
    let on: number | undefined;
    try {
      using found = this.find(Buffer.from(path), { follow: true });
      if (found.node) {
        on = openSync(`/proc/self/fd/${found.node.fd}`, O_PATH);
        this.#covers.set(identityOf(found.node.stat), { on, fd, readonly });
      }
    } catch (error) {
      if (!(error instanceof NoSuchPathError) && !(error instanceof NotADirectoryError))
        throw error;
    }
    if (on === undefined) closeSync(fd);
  }

  /**
   * Says that what is mounted at a path is part of the tree. What else is mounted in its root, such
   * as what the kernel tells of itself, is not: see {@link isForeign}.
   */
  wish(path: string): void {
    try {
      using found = this.find(Buffer.from(path), { follow: true });
      if (found.node) this.#wished.add(identityOf(found.node.stat));
    } catch (error) {
      if (!(error instanceof NoSuchPathError) && !(error instanceof NotADirectoryError))
        throw error;
    }
  }

  /** Whether a directory of the root is none of the tree's own, but something mounted that nobody wished for. */
  isForeign(directory: Node, child: Node): boolean {
    if (child.mounted || child.stat.dev === directory.stat.dev) return false;
    const { dev } = fstatSync(this.#root, { bigint: true });
    return directory.stat.dev === dev && !this.#wished.has(identityOf(child.stat));
  }

  /** The root alone. */
  start(): Trail {
    return trailOf([this.#node(openSync(`/proc/self/fd/${this.#root}`, O_PATH | O_DIRECTORY))]);
  }

  /**
   * Where `path` leads from the root. A last link is followed with `follow`, or when a slash
   * stands behind it. Throws NoSuchPathError when a directory on the way is missing,
   * NotADirectoryError, LinkLoopError.
   */
  find(path: Buffer, options: { readonly follow: boolean }): Found {
    using start = this.start();
    return this.findFrom(start, path, options);
  }

  /** The same from a directory, which stays open. */
  findFrom(from: Trail, path: Buffer, { follow }: { readonly follow: boolean }): Found {
    const nodes =
      path[0] === SLASH ? [this.again(from.nodes[0]!)] : from.nodes.map((one) => this.again(one));
    const todo = components(path);
    const isDirectory = path.at(-1) === SLASH;
    let links = 0;
    let done = false;
    try {
      for (;;) {
        const name = todo.shift();
        const here = nodes.at(-1)!;
        if (name === undefined) {
          done = true;
          return foundOf(trailOf(nodes), undefined, this.again(here));
        }
        if (isDot(name)) continue;
        if (isDots(name)) {
          if (nodes.length > 1) nodes.pop()?.[Symbol.dispose]();
          continue;
        }
        const last = todo.length === 0;
        const child = this.child(here, name);
        if (!child) {
          if (!last) throw new NoSuchPathError(path);
          done = true;
          return foundOf(trailOf(nodes), name, undefined);
        }
        if (child.kind === constants.S_IFLNK && (!last || follow || isDirectory)) {
          child[Symbol.dispose]();
          if ((links += 1) > LINK_LIMIT) throw new LinkLoopError(path);
          const target = linkIn(here, name);
          if (target?.[0] === SLASH) for (const node of nodes.splice(1)) node[Symbol.dispose]();
          todo.unshift(...(target === undefined ? [name] : components(target)));
          continue;
        }
        if (last) {
          if (isDirectory && child.kind !== constants.S_IFDIR) {
            child[Symbol.dispose]();
            throw new NotADirectoryError(path);
          }
          done = true;
          return foundOf(trailOf(nodes), name, child);
        }
        if (child.kind !== constants.S_IFDIR) {
          child[Symbol.dispose]();
          throw new NotADirectoryError(path);
        }
        nodes.push(child);
      }
    } finally {
      if (!done) for (const node of nodes) node[Symbol.dispose]();
    }
  }

  /** What has this name in a directory, itself a link perhaps; undefined when nothing has. */
  child(directory: Node, name: Buffer): Node | undefined {
    try {
      return this.#node(openAt(directory.fd, name, O_PATH | O_NOFOLLOW), directory.readonly);
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
  }

  /** The trail down to a directory that was found. */
  into(found: Found): Trail {
    const nodes = found.trail.nodes.map((one) => this.again(one));
    if (found.name !== undefined && found.node) nodes.push(this.again(found.node));
    return trailOf(nodes);
  }

  [Symbol.dispose](): void {
    closeSync(this.#root);
    for (const { on, fd } of this.#covers.values()) {
      closeSync(on);
      closeSync(fd);
    }
    this.#covers.clear();
  }

  /** The same directories, held open anew. */
  copy(trail: Trail): Trail {
    return trailOf(trail.nodes.map((one) => this.again(one)));
  }

  /** The same thing, held open anew. */
  again(node: Node): Node {
    const fd = openSync(`/proc/self/fd/${node.fd}`, O_PATH);
    return nodeOf(fd, node.stat, node.readonly, node.mounted);
  }

  /** What `fd`, which is taken over, shows; or what covers it. */
  #node(fd: number, readonly = this.#readonly): Node {
    const stat = fstatSync(fd, { bigint: true });
    const cover = this.#covers.get(identityOf(stat));
    if (!cover) return nodeOf(fd, stat, readonly, false);
    closeSync(fd);
    const over = openSync(`/proc/self/fd/${cover.fd}`, O_PATH);
    return nodeOf(over, fstatSync(over, { bigint: true }), cover.readonly, true);
  }
}

function identityOf({ dev, ino }: BigIntStats): string {
  return `${dev}:${ino}`;
}

/** What a link in a directory says; undefined when it is none any more. */
export function linkIn(directory: Node, name: Buffer): Buffer | undefined {
  try {
    return readlinkSync(pathIn(directory, name), 'buffer');
  } catch (error) {
    if (isErrno(error, 'EINVAL', 'ENOENT')) return undefined;
    throw error;
  }
}

/** A path of a name in an open directory, for calls that do not follow a last link. */
export function pathIn(directory: Node, name: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`/proc/self/fd/${directory.fd}/`), name]);
}

/** The names in a path, as bytes. */
export function components(path: Uint8Array): Buffer[] {
  return Buffer.from(path)
    .toString('latin1')
    .split('/')
    .filter((name) => name !== '')
    .map((name) => Buffer.from(name, 'latin1'));
}

/** Whether a name is `.`. */
export function isDot(name: Buffer): boolean {
  return name.length === 1 && name[0] === 0x2e;
}

/** Whether a name is `..`. */
export function isDots(name: Buffer): boolean {
  return name.length === 2 && name[0] === 0x2e && name[1] === 0x2e;
}

function nodeOf(fd: number, stat: BigIntStats, readonly: boolean, mounted: boolean): Node {
  let open = true;
  return {
    fd,
    stat,
    kind: Number(stat.mode) & S_IFMT,
    readonly,
    mounted,
    [Symbol.dispose]() {
      if (open) closeSync(fd);
      open = false;
    },
  };
}

function trailOf(nodes: readonly Node[]): Trail {
  return {
    nodes,
    top: nodes.at(-1)!,
    [Symbol.dispose]() {
      for (const node of nodes) node[Symbol.dispose]();
    },
  };
}

function foundOf(trail: Trail, name: Buffer | undefined, node: Node | undefined): Found {
  return {
    trail,
    name,
    node,
    [Symbol.dispose]() {
      node?.[Symbol.dispose]();
      trail[Symbol.dispose]();
    },
  };
}
