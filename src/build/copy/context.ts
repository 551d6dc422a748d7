import { closeSync, constants, lstatSync, openSync, readdirSync, readlinkSync } from 'node:fs';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import { baseOf, components, isUp } from '../../snapshot/names.ts';
import { statAt, type FileStat } from '../../sys/at.ts';
import { ContextChangedError, unreadable } from '../errors.ts';
import type { Digest } from '../../oci/digest.ts';
import { joinLatin1, joinPath, kindOf, type Tree, type TreeEntry } from './tree.ts';

/** What the ignore file decides, as the walk needs it. Paths are relative, without a leading slash. */
export interface ContextFilter {
  ignored(path: string): boolean;
  /** False when nothing below an ignored directory can come back. */
  mayContainIncluded(directory: string): boolean;
}

const MAX_LINKS = 255;
const ROOT = Buffer.from('/');
/** From so many entries on a directory is opened, and its names are looked up in it. */
const MANY = 50;
const GONE = ['ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP'] as const;

/**
 * The build context in place: nothing is copied or sent. Ignored paths do not exist in it,
 * and links, absolute ones too, stay inside its root.
 */
export function contextTree(root: string, filter: ContextFilter | undefined): Tree {
  const base = Buffer.from(root);
  /** Ignored directories that were looked into, by name: whether something in them is not ignored. */
  const looked = new Map<string, boolean>();
  const holdsAny = (name: string): boolean => {
    let holds = looked.get(name);
    if (holds === undefined) {
      holds = namesBelow(base, name).some(({ path, isDirectory }) => !isHidden(path, isDirectory));
      looked.set(name, holds);
    }
    return holds;
  };
  const isHidden = (name: string, isDirectory: boolean): boolean => {
    if (filter === undefined || name === '' || !filter.ignored(name)) return false;
    return !(isDirectory && filter.mayContainIncluded(name) && holdsAny(name));
  };
  const entryOf = (path: Buffer, name: string, stat: FileStat): TreeEntry | undefined => {
    const kind = kindOf(stat);
    if (isHidden(name, kind === 'directory')) return undefined;
    return new ContextEntry(base, path, stat, kind);
  };
  const entryAt = (path: Buffer): TreeEntry | undefined => {
    try {
      const stat = lstatSync(placeOf(base, path), { bigint: true });
      return entryOf(path, path.toString('utf8', 1), stat);
    } catch (error) {
      if (isErrno(error, ...GONE)) return undefined;
      throw unreadable(error, path);
    }
  };

  return {
    find(path, { followLast = true } = {}) {
      let links = 0;
      let where: Buffer = ROOT;
      let at = entryAt(ROOT);
      const rest = components(Buffer.from(path)).reverse();
      while (rest.length > 0) {
        const name = rest.pop()!;
        // What is not there takes part in the path all the same: `..` leads out of it.
        if (isUp(name)) {
          where = parentOf(where);
          at = entryAt(where);
          continue;
        }
        const below = joinPath(where, name);
        const next = at?.kind === 'directory' ? entryAt(below) : undefined;
        if (next?.kind === 'symlink' && (rest.length > 0 || followLast)) {
          if (++links > MAX_LINKS) {
            throw new InvalidInputError(`too many symbolic links in ${text(path)}`);
          }
          const target = readlinkSync(next.file, { encoding: 'buffer' });
          if (target[0] === 0x2f) [where, at] = [ROOT, entryAt(ROOT)];
          rest.push(...components(target).reverse());
          continue;
        }
        [where, at] = [below, next];
      }
      return at;
    },
    list(directory) {
      const { path } = directory;
      const parent = path.length === 1 ? '' : `${path.toString('utf8', 1)}/`;
      const entries: TreeEntry[] = [];
      eachIn(directory, (name, stat) => {
        const below = joinLatin1(path, name);
        // What nobody filters needs no name.
        const text = filter ? parent + textOf(name) : '';
        const entry = entryOf(below, text, stat);
        if (entry) entries.push(entry);
      });
      return entries;
    },
    readlink(entry) {
      try {
        return readlinkSync(entry.file, { encoding: 'buffer' });
      } catch (error) {
        // It was a link a moment ago.
        if (isErrno(error, 'EINVAL')) throw new ContextChangedError(entry.path);
        throw unreadable(error, entry.path);
      }
    },
  };
}

/** What a directory of the context holds; nothing where it is gone by now. */
function namesBelow(base: Buffer, name: string): { path: string; isDirectory: boolean }[] {
  try {
    const place = placeOf(base, Buffer.from(`/${name}`));
    return readdirSync(place, { withFileTypes: true }).map((entry) => ({
      path: `${name}/${entry.name}`,
      isDirectory: entry.isDirectory(),
    }));
  } catch (error) {
    if (isErrno(error, ...GONE)) return [];
    throw unreadable(error, Buffer.from(`/${name}`));
  }
}

/** A name that was read as latin1. */
function textOf(name: string): string {
  // Of ASCII both are the same, and most names are.
  return isPlain(name) ? name : Buffer.from(name, 'latin1').toString();
}

function isPlain(name: string): boolean {
  for (let at = 0; at < name.length; at += 1) if (name.charCodeAt(at) > 0x7f) return false;
  return true;
}

/** Goes through a directory, by the bytes of the names, which come as latin1. */
function eachIn({ file, path }: TreeEntry, visit: (name: string, stat: FileStat) => void): void {
  let fd: number | undefined;
  try {
    fd = openSync(file, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    // As latin1 a byte is a character, so strings sort as bytes do, and cost far less.
    const names = readdirSync(`/proc/self/fd/${fd}`, 'latin1').sort();
    for (const name of names) {
      const stat =
        names.length < MANY
          ? lstatSync(joinLatin1(file, name), { bigint: true, throwIfNoEntry: false })
          : statAt(fd, name);
      // Gone since the directory was read.
      if (!stat) throw new ContextChangedError(joinLatin1(path, name));
      visit(name, stat);
    }
  } catch (error) {
    throw unreadable(error, path);
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** What COPY wants to know of a file of the context beyond its stamp. */
export interface FileFacts {
  readonly digest: Digest;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/** Where it lies on disk is worked out when it is asked for: of most files nobody does. */
export class ContextEntry implements TreeEntry {
  /** Goes with the entry, so that nothing grows with the context; filled by who learns it. */
  facts: FileFacts | undefined;
  readonly path: Buffer;
  readonly stat: FileStat;
  readonly kind: TreeEntry['kind'];
  readonly #base: Buffer;

  constructor(base: Buffer, path: Buffer, stat: FileStat, kind: TreeEntry['kind']) {
    this.#base = base;
    this.path = path;
    this.stat = stat;
    this.kind = kind;
  }

  get file(): Buffer {
    return placeOf(this.#base, this.path);
  }
}

function placeOf(base: Buffer, path: Buffer): Buffer {
  return path.length === 1 ? base : Buffer.concat([base, path]);
}

function parentOf(path: Buffer): Buffer {
  const cut = path.length - baseOf(path).length - 1;
  return cut <= 0 ? ROOT : path.subarray(0, cut);
}

function text(path: string | Uint8Array): string {
  return Buffer.from(path).toString();
}
