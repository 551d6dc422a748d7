import { lstatSync, readdirSync, readlinkSync, type BigIntStats } from 'node:fs';
import { InvalidInputError, isErrno } from '../../base/errors.ts';
import { baseOf, components, isUp } from '../../snapshot/names.ts';
import { joinPath, type Tree, type TreeEntry } from './tree.ts';

/** What the ignore file decides, as the walk needs it. Paths are relative, without a leading slash. */
export interface ContextFilter {
  ignored(path: string): boolean;
  /** False when nothing below an ignored directory can come back. */
  mayContainIncluded(directory: string): boolean;
}

const MAX_LINKS = 255;
const ROOT = Buffer.from('/');

/**
 * The build context in place: nothing is copied or sent. Ignored paths do not exist in it,
 * and links, absolute ones too, stay inside its root.
 */
export function contextTree(root: string, filter: ContextFilter): Tree {
  const base = Buffer.from(root);
  const onDisk = (path: Buffer): Buffer => (path.length === 1 ? base : Buffer.concat([base, path]));
  const hidden = (path: Buffer, directory: boolean): boolean => {
    const name = path.toString().slice(1);
    if (name === '' || !filter.ignored(name)) return false;
    return !(directory && filter.mayContainIncluded(name));
  };
  const entryAt = (path: Buffer): TreeEntry | undefined => {
    const file = onDisk(path);
    let stat: BigIntStats;
    try {
      stat = lstatSync(file, { bigint: true });
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG', 'ELOOP')) return undefined;
      throw error;
    }
    if (hidden(path, stat.isDirectory())) return undefined;
    return { path, file, stat, kind: kindOf(stat) };
  };

  return {
    find(path, { followLast = true } = {}) {
      let links = 0;
      let at = entryAt(ROOT);
      const rest = components(Buffer.from(path)).reverse();
      while (rest.length > 0 && at) {
        const name = rest.pop()!;
        if (isUp(name)) {
          at = entryAt(parentOf(at.path));
          continue;
        }
        if (at.kind !== 'directory') return undefined;
        const next = entryAt(joinPath(at.path, name));
        if (next?.kind === 'symlink' && (rest.length > 0 || followLast)) {
          if (++links > MAX_LINKS) {
            throw new InvalidInputError(`too many symbolic links in ${text(path)}`);
          }
          const target = readlinkSync(next.file, { encoding: 'buffer' });
          if (target[0] === 0x2f) at = entryAt(ROOT);
          rest.push(...components(target).reverse());
          continue;
        }
        at = next;
      }
      return at;
    },
    list(directory) {
      // As latin1 a byte is a character, so strings sort as bytes do, and cost far less.
      const names = readdirSync(directory.file, 'latin1').sort();
      return names
        .map((name) => entryAt(joinPath(directory.path, Buffer.from(name, 'latin1'))))
        .filter((entry) => entry !== undefined);
    },
    readlink: (entry) => readlinkSync(entry.file, { encoding: 'buffer' }),
  };
}

function parentOf(path: Buffer): Buffer {
  const cut = path.length - baseOf(path).length - 1;
  return cut <= 0 ? ROOT : path.subarray(0, cut);
}

function text(path: string | Uint8Array): string {
  return Buffer.from(path).toString();
}

function kindOf(stat: BigIntStats): TreeEntry['kind'] {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'directory';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isCharacterDevice()) return 'char';
  if (stat.isBlockDevice()) return 'block';
  if (stat.isFIFO()) return 'fifo';
  return 'socket';
}
