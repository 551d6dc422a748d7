import { lstatSync, mkdirSync, readlinkSync } from 'node:fs';
import { isErrno } from '../base/errors.ts';
import type { InsideRoot } from '../sys/inside.ts';
import { isWhiteout, layerXattrs } from './attributes.ts';
import { LayerEntryError } from './errors.ts';
import { components, isUp, joined, parentOf } from './names.ts';
import type { StackEntry, StackView } from './stack-view.ts';

/** A directory of the draft whose metadata is put on when nothing more is written into it. */
export interface DirectoryToFinish {
  /** Inside the draft, without links; empty for the root. */
  readonly path: Buffer;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  /** Nanoseconds since the epoch. */
  readonly mtime: bigint;
  readonly xattrs: ReadonlyMap<string, Uint8Array>;
}

const LINK_LIMIT = 255;
const SLASH = 0x2f;
const CACHE_LIMIT = 10_000;
const NONE: ReadonlyMap<string, Uint8Array> = new Map();
const EMPTY = Buffer.alloc(0);

/**
 * Finds out where an archive's members come to lie in the draft. The names were cleaned
 * before; what is left to mislead are links among their parents. They are followed as a
 * process inside the image would, through the draft and the layers below it. Parents that
 * the archive does not list are made: like those below where there are such (as a copy-up
 * would), otherwise plain.
 */
export class MemberPlaces {
  readonly #inside: InsideRoot;
  readonly #below: () => Pick<StackView, 'find'> | undefined;
  readonly #made: (directory: DirectoryToFinish) => void;
  readonly #opaque: (path: Buffer) => void;
  readonly #known = new Map<string, Buffer>();
  #last: { readonly path: Buffer; readonly place: Buffer } | undefined;

  /** `made` is told of parents that had to be made, `opaque` of those that were marked as deleted before. */
  constructor(
    inside: InsideRoot,
    below: () => Pick<StackView, 'find'> | undefined,
    made: (directory: DirectoryToFinish) => void,
    opaque: (path: Buffer) => void,
  ) {
    this.#inside = inside;
    this.#below = below;
    this.#made = made;
    this.#opaque = opaque;
  }

  /** Where `path` (not empty) belongs: its parent resolved and made, its last component as it is. */
  place(path: Buffer, mtime: bigint): Buffer {
    const parent = parentOf(path);
    if (parent.length === 0) return path;
    const place = this.directory(parent, path, mtime);
    return place.equals(parent) ? path : joined(place, path.subarray(parent.length + 1));
  }

  /** Where a directory is that `member` needs, made if it is not there. */
  directory(path: Buffer, member: Buffer, mtime: bigint): Buffer {
    if (path.length === 0) return path;
    // Members of one directory follow each other.
    if (this.#last?.path.equals(path) === true) return this.#last.place;
    const key = path.toString('latin1');
    let place = this.#known.get(key);
    if (place === undefined) {
      place = this.#resolve(path, member, mtime);
      if (this.#known.size >= CACHE_LIMIT) this.#known.clear();
      this.#known.set(key, place);
    }
    this.#last = { path: Buffer.from(path), place };
    return place;
  }

  /**
   * The file that a hard link names, which must not be reached through links. Undefined when
   * the draft does not have it; then `below` is what the layers below have there.
   */
  linkTarget(
    target: Buffer,
    path: Buffer,
  ): { readonly place?: Buffer; readonly below?: StackEntry } {
    let here: Buffer = EMPTY;
    for (const name of components(parentOf(target))) {
      here = joined(here, name);
      const stat = this.#lstat(here);
      if (stat?.isDirectory()) continue;
      if (stat) throw new LayerEntryError(path, 'is a hard link that leads through a link');
      break;
    }
    const stat = this.#lstat(target);
    if (stat) {
      if (!stat.isFile())
        throw new LayerEntryError(path, 'is a hard link to something that is no file');
      return { place: target };
    }
    const below = this.#exactlyBelow(target);
    if (!below) throw new LayerEntryError(path, 'is a hard link to a file that does not exist');
    if (below.kind !== 'file') {
      throw new LayerEntryError(path, 'is a hard link to something that is no file');
    }
    return { below };
  }

  #resolve(path: Buffer, member: Buffer, mtime: bigint): Buffer {
    const todo = components(path).toReversed();
    let here: Buffer = EMPTY;
    let links = 0;
    const follow = (target: Buffer): void => {
      if ((links += 1) > LINK_LIMIT)
        throw new LayerEntryError(member, 'lies behind a loop of links');
      if (target[0] === SLASH) here = EMPTY;
      todo.push(...components(target).toReversed());
    };
    for (let name = todo.pop(); name; name = todo.pop()) {
      if (isUp(name)) {
        here = parentOf(here);
        continue;
      }
      const next = joined(here, name);
      const stat = this.#lstat(next);
      if (stat?.isDirectory()) {
        here = next;
      } else if (stat?.isSymbolicLink()) {
        follow(readlinkSync(this.#inside.at(next), 'buffer'));
      } else if (stat && !isWhiteout(stat)) {
        throw new LayerEntryError(member, 'lies in something that is no directory');
      } else {
        const below = stat ? undefined : this.#exactlyBelow(next);
        if (below?.kind === 'symlink') {
          follow(readlinkSync(below.file, 'buffer'));
          continue;
        }
        if (stat) this.#opaque(next);
        else mkdirSync(this.#inside.at(next), 0o700);
        this.#made(parentLike(next, below, mtime));
        here = next;
      }
    }
    return here;
  }

  /** What the layers below have under this very name: where they have links, the draft has its own directories. */
  #exactlyBelow(path: Buffer): StackEntry | undefined {
    const name = absolute(path);
    const entry = this.#below()?.find(name, { followLast: false });
    return entry?.path.equals(name) === true ? entry : undefined;
  }

  #lstat(path: Buffer): ReturnType<typeof lstatBig> {
    try {
      return lstatBig(this.#inside.at(path));
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
      throw error;
    }
  }
}

function lstatBig(path: Buffer) {
  return lstatSync(path, { bigint: true, throwIfNoEntry: false });
}

function parentLike(path: Buffer, below: StackEntry | undefined, mtime: bigint): DirectoryToFinish {
  if (below?.kind !== 'directory') {
    return { path, uid: 0, gid: 0, mode: 0o755, mtime, xattrs: NONE };
  }
  const { stat } = below;
  return {
    path,
    uid: Number(stat.uid),
    gid: Number(stat.gid),
    mode: Number(stat.mode) & 0o7777,
    mtime: stat.mtimeNs,
    xattrs: layerXattrs(below.file),
  };
}

function absolute(path: Buffer): Buffer {
  return Buffer.concat([Buffer.from([SLASH]), path]);
}
