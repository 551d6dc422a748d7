import {
  chmodSync,
  closeSync,
  constants,
  fchmodSync,
  linkSync,
  mkdirSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import type { TarEntry } from '../../layer/tar-entry.ts';
import { openAt } from '../../sys/at.ts';
import { makeNode } from '../../sys/node.ts';
import { setTimes } from '../../sys/times.ts';
import { writeAll } from '../../sys/write-all.ts';
import { setXattr } from '../../sys/xattr.ts';
import { CopyError } from './errors.ts';
import type { Member } from './members.ts';
import { components, isDot, isDots, type Node, pathIn, type Trail, type Tree } from './tree.ts';
import { fchown, lchown } from '../../sys/owner.ts';

const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_TRUNC, S_IFDIR, S_IFLNK, S_IFREG } = constants;
const SET_ID = 0o6000;

/** How members come to lie in a directory. */
export interface PlaceOptions {
  /** Whose they are: theirs, of whoever copies, or somebody's. */
  readonly owner: 'theirs' | 'mine' | { readonly uid: number; readonly gid: number };
  /** Links on the way to a member are followed inside the tree; otherwise they are refused. */
  readonly follow: boolean;
  /** Says that the place may only be read. */
  readonly readonlyError: () => CopyError;
}

/** A directory whose metadata is put on when nothing more is written into it. */
interface Made {
  /** Its path with a slash behind each name. */
  readonly key: string;
  readonly parent: Node;
  readonly name: Buffer;
  readonly entry: TarEntry;
}

/**
 * Writes members into a directory of a tree that somebody else may be changing. Whatever they
 * are called and whatever links come before them, none gets outside of the tree. A directory
 * is never replaced by something else, nor the other way round.
 */
export class Placement implements Disposable {
  readonly #tree: Tree;
  readonly #base: Trail;
  readonly #options: PlaceOptions;
  #parent: { readonly key: string; readonly trail: Trail } | undefined;
  /** The directories that are being filled, outer ones first. */
  readonly #open: Made[] = [];

  /** `base` stays the caller's. */
  constructor(tree: Tree, base: Trail, options: PlaceOptions) {
    this.#tree = tree;
    this.#base = base;
    this.#options = options;
  }

  /** Throws CopyError for what must not be. */
  async add({ entry, content }: Member): Promise<void> {
    const path = components(entry.path).filter((name) => !isDot(name));
    if (path.some(isDots)) {
      throw new CopyError(`${shown(entry.path)} leads out of the directory that it is copied to`);
    }
    const name = path.pop();
    if (name === undefined) return;
    const key = keyOf(path);
    this.#settle(key);
    const parent = this.#enter(path, key);
    const { top } = parent;
    if (top.readonly) throw this.#options.readonlyError();
    using existing = this.#tree.child(top, name);
    const made = entry.type === 'directory' ? existing?.kind === S_IFDIR : false;
    if (existing && !made) checkKinds(existing, entry, name);
    if (entry.type === 'directory') {
      if (!existing) mkdirSync(pathIn(top, name), 0o700);
      this.#open.push({ key: keyOf([...path, name]), parent: this.#tree.again(top), name, entry });
      return;
    }
    if (existing) {
      if (isMountPoint(existing, top)) {
        if (entry.type !== 'file') throw busy(name);
        await overwrite(existing, entry, content);
        return;
      }
      rmSync(pathIn(top, name), { force: true });
    }
    await this.#make(entry, top, name, content);
  }

  /** Puts on what is left to be put on. Call it when all members are there. */
  finish(): void {
    this.#settle(undefined);
  }

  [Symbol.dispose](): void {
    this.#parent?.trail[Symbol.dispose]();
    for (const { parent } of this.#open.splice(0)) parent[Symbol.dispose]();
  }

  /** The directory that a member is in; made with its parents where it is missing. */
  #enter(path: readonly Buffer[], key: string): Trail {
    if (this.#parent?.key === key) return this.#parent.trail;
    let trail = this.#tree.copy(this.#base);
    for (const name of path) {
      using _ = trail;
      using found = this.#step(trail, name);
      trail = this.#tree.into(found);
    }
    this.#parent?.trail[Symbol.dispose]();
    this.#parent = { key, trail };
    return trail;
  }

  #step(trail: Trail, name: Buffer): ReturnType<Tree['findFrom']> {
    const slash = Buffer.concat([name, Buffer.from('/')]);
    using child = this.#tree.child(trail.top, name);
    if (!child) {
      if (trail.top.readonly) throw this.#options.readonlyError();
      mkdirSync(pathIn(trail.top, name), 0o755);
    } else if (child.kind === S_IFLNK && !this.#options.follow) {
      throw new CopyError(`${shown(name)} is a link: nothing is copied through it`);
    }
    const found = this.#tree.findFrom(trail, slash, { follow: true });
    if (found.node) return found;
    found[Symbol.dispose]();
    throw new CopyError(`${shown(name)} is a link that leads to no directory`);
  }

  async #make(entry: TarEntry, top: Node, name: Buffer, content: Member['content']): Promise<void> {
    const place = pathIn(top, name);
    switch (entry.type) {
      case 'file': {
        const fd = openAt(top.fd, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
        try {
          for await (const piece of content) writeAll(fd, piece);
          const owner = this.#ownerOf(entry);
          if (owner) fchown(fd, owner.uid, owner.gid);
          fchmodSync(fd, this.#modeOf(entry));
          for (const [key, value] of entry.xattrs) {
            if (this.#options.owner !== 'mine') setXattr(place, key, value);
          }
          setTimes(fd, entry.mtime);
        } finally {
          closeSync(fd);
        }
        return;
      }
      case 'hardlink':
        this.#link(entry, place);
        return;
      case 'symlink':
        symlinkSync(Buffer.from(entry.linkTarget ?? []), place);
        break;
      case 'char':
      case 'block':
      case 'fifo':
        makeNode(place, entry.type, 0o600, entry.device?.major, entry.device?.minor);
        break;
      case 'directory':
        return;
    }
    this.#dress(entry, top, name);
  }

  #link(entry: TarEntry, place: Buffer): void {
    const target = components(entry.linkTarget ?? new Uint8Array()).filter((one) => !isDot(one));
    const name = target.pop();
    if (name === undefined || target.some(isDots)) {
      throw new CopyError(`${shown(entry.path)} is a hard link that leads out of its archive`);
    }
    const path = Buffer.concat(target.flatMap((one) => [one, Buffer.from('/')]).concat(name));
    using found = this.#tree.findFrom(this.#base, path, { follow: false });
    if (found.node?.kind !== S_IFREG || found.name === undefined) {
      throw new CopyError(
        `${shown(entry.path)} is a hard link to ${shown(path)}, which is no file`,
      );
    }
    linkSync(pathIn(found.trail.top, found.name), place);
  }

  /** Owner before mode: changing the owner clears setuid. Times last. */
  #dress(entry: TarEntry, top: Node, name: Buffer): void {
    const place = pathIn(top, name);
    using node = this.#tree.child(top, name);
    if (!node) return;
    const owner = this.#ownerOf(entry);
    if (owner && !node.mounted) lchown(place, owner.uid, owner.gid);
    if (node.kind !== S_IFLNK) chmodSync(`/proc/self/fd/${node.fd}`, this.#modeOf(entry));
    if (!node.mounted) setTimes(place, entry.mtime);
  }

  /** Puts metadata on the directories that `key` is not below, inner ones first; on all without it. */
  #settle(key: string | undefined): void {
    for (;;) {
      const made = this.#open.at(-1);
      if (!made || key?.startsWith(made.key) === true) return;
      this.#open.pop();
      using parent = made.parent;
      using node = this.#tree.child(parent, made.name);
      if (node?.kind === S_IFDIR) this.#dress(made.entry, parent, made.name);
    }
  }

  #ownerOf({ uid, gid }: TarEntry): { readonly uid: number; readonly gid: number } | undefined {
    const { owner } = this.#options;
    if (owner === 'mine') return undefined;
    return owner === 'theirs' ? { uid, gid } : owner;
  }

  /** What somebody else may become by a program does not go over to whoever copies it. */
  #modeOf({ mode }: TarEntry): number {
    return this.#options.owner === 'mine' ? mode & ~SET_ID : mode;
  }
}

function keyOf(path: readonly Buffer[]): string {
  return path.map((name) => `${name.toString('latin1')}/`).join('');
}

function checkKinds(existing: Node, entry: TarEntry, name: Buffer): void {
  if (existing.kind === S_IFDIR) {
    throw new CopyError(
      `cannot overwrite directory ${shown(name)} with non-directory ${shown(entry.path)}`,
    );
  }
  if (entry.type === 'directory') {
    throw new CopyError(
      `cannot overwrite non-directory ${shown(name)} with directory ${shown(entry.path)}`,
    );
  }
}

/**
 * Whether something is mounted here. The kernel would let us remove what is a mount point in the
 * container's mount namespace alone, and take the mount away with it.
 */
function isMountPoint(node: Node, directory: Node): boolean {
  return node.mounted || mountOf(node) !== mountOf(directory);
}

/** @see https://man7.org/linux/man-pages/man5/proc_pid_fdinfo.5.html */
function mountOf({ fd }: Node): string | undefined {
  return /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))?.[1];
}

/** New content in a file that has to stay the one it is. */
async function overwrite(node: Node, entry: TarEntry, content: Member['content']): Promise<void> {
  if (node.kind !== S_IFREG) throw busy(Buffer.from(entry.path));
  const fd = openSync(`/proc/self/fd/${node.fd}`, O_WRONLY | O_TRUNC);
  try {
    for await (const piece of content) writeAll(fd, piece);
    setTimes(fd, entry.mtime);
  } finally {
    closeSync(fd);
  }
}

function busy(name: Buffer): CopyError {
  return new CopyError(`cannot replace ${shown(name)}: something is mounted there`);
}

function shown(path: Uint8Array): string {
  return JSON.stringify(Buffer.from(path).toString());
}
