import { posix } from 'node:path';
import { breather } from '../../base/limit.ts';
import { hasWildcards, matchesGlob } from '../../dockerfile/match.ts';
import { digestOf, PieceHash, type Digest } from '../../oci/digest.ts';
import type { FileList } from '../cache/file-list.ts';
import { SourceNotFoundError } from '../errors.ts';
import { baseOf } from '../../snapshot/names.ts';
import { whereIs } from './missing.ts';
import { joinPath, type Source, type Tree, type TreeEntry } from './tree.ts';

/** One thing to copy: what it is and the name it goes by. */
export interface Selected {
  readonly entry: TreeEntry;
  /** Of the path as it was asked for, not of what a link leads to. */
  readonly name: Buffer;
}

/** Things to copy, and the tree to copy them from. */
export interface Selection {
  readonly source: Source;
  readonly selected: readonly Selected[];
}

/** Characters that are hashed at once. */
const CHUNK = 32 * 1024;

/**
 * Leaves entries of a copied directory out; the path is relative to that directory. A `way` is a
 * directory that is there only if something in it is.
 */
export type Exclude = (relative: string, directory: boolean) => boolean | 'way';

/** Whether an entry is left out by itself, or as a directory with nothing in it that is not. */
export function isLeftOut(
  exclude: Exclude | undefined,
  tree: Tree,
  entry: TreeEntry,
  relative: Buffer,
): boolean {
  const verdict = exclude?.(relative.toString(), entry.kind === 'directory') ?? false;
  if (verdict !== 'way') return verdict;
  return tree
    .list(entry)
    .every((child) => isLeftOut(exclude, tree, child, joinPath(relative, baseOf(child.path))));
}

/**
 * Finds the sources of a COPY in their tree. Plain paths must exist, and so must what a matching
 * link leads to; a pattern may match nothing. Paths cannot leave the root: they are cleaned as if
 * they began at it. Throws SourceNotFoundError.
 */
export function selectSources(source: Source, paths: readonly string[]): Selected[] {
  return paths.flatMap((path) => {
    const clean = posix.normalize(`/${path}`).replace(/(.)\/$/, '$1');
    if (hasWildcards(clean) || clean.includes('\\')) return globbed(source, clean);
    const entry = source.tree.find(clean);
    if (!entry) throw new SourceNotFoundError(clean, whereIs(source, path));
    return [{ entry, name: Buffer.from(posix.basename(clean)) }];
  });
}

/** Component by component, so that only directories that can match are listed. */
function globbed(source: Source, pattern: string): Selected[] {
  let found: { entry: TreeEntry; name: Buffer }[] = [];
  const root = source.tree.find('/');
  if (!root) return [];
  found.push({ entry: root, name: Buffer.alloc(0) });
  const parts = pattern.split('/').filter((part) => part !== '');
  const fixed = parts.findIndex((part) => hasWildcards(part) || part.includes('\\'));
  for (const [index, part] of parts.entries()) {
    const last = index === parts.length - 1;
    // A pattern may match nothing, but the directory that it stands in must be there.
    if (index === fixed && !found.some(({ entry }) => entry.kind === 'directory')) {
      const directory = `/${parts.slice(0, fixed).join('/')}`;
      throw new SourceNotFoundError(directory, whereIs(source, directory.slice(1)));
    }
    found = found.flatMap(({ entry }) => {
      if (entry.kind !== 'directory') return [];
      const matches = source.tree.list(entry).filter((child) => {
        const name = baseOf(child.path).toString();
        return matchesGlob(part, name);
      });
      return matches.flatMap((child) => {
        const name = baseOf(child.path);
        const target = child.kind === 'symlink' ? source.tree.find(child.path) : child;
        if (!target && last) throw new SourceNotFoundError(child.path.toString());
        if (!target) return [];
        return last || target.kind === 'directory' ? [{ entry: target, name }] : [];
      });
    });
  }
  return found;
}

/**
 * Digest of everything a selection would copy: names, kinds, modes, owners, sizes, link
 * targets, devices, attributes and content, but no times. Equal digests give equal layers.
 * What it was made of is put into `list`.
 */
export async function selectionDigest(
  source: Source,
  selected: readonly Selected[],
  exclude: Exclude | undefined,
  list?: FileList,
): Promise<Digest> {
  const hash = new PieceHash();
  const breathe = breather();
  // As latin1, so that a character is a byte. Many small updates would cost more than the hash.
  let text = '';
  const add = (part: string): void => {
    text += part;
    if (text.length < CHUNK) return;
    hash.update(text, 'latin1');
    text = '';
  };
  const walk = async (entry: TreeEntry, relative: Buffer): Promise<void> => {
    await breathe();
    const children = source.tree.list(entry);
    source.look?.(children);
    for (const child of children) {
      const name =
        relative.length === 0 ? baseOf(child.path) : joinPath(relative, baseOf(child.path));
      if (child.kind === 'socket') continue;
      if (isLeftOut(exclude, source.tree, child, name)) continue;
      add(described(source, child, name, list));
      if (child.kind === 'directory') await walk(child, name);
    }
  };
  for (const { entry, name } of selected) {
    if (entry.kind === 'directory') {
      add('directory\0');
      await walk(entry, Buffer.alloc(0));
    } else {
      add(described(source, entry, name, list));
    }
  }
  return hash.update(text, 'latin1').digest();
}

/**
 * All that counts of an entry, bytes as latin1. Neither names nor links hold a NUL, and what
 * stands between two of them says what follows: no two trees have the same text.
 */
function described(
  source: Source,
  entry: TreeEntry,
  name: Buffer,
  list: FileList | undefined,
): string {
  const { kind, stat } = entry;
  const owner = source.keepOwners ? `${stat.uid}:${stat.gid}` : '0:0';
  const mode = (Number(stat.mode) & 0o7777).toString(8);
  let facts = `${kind} ${mode} ${owner}`;
  if (kind === 'file') facts += ` ${stat.size} ${source.contentDigest(entry)}`;
  if (kind === 'char' || kind === 'block') facts += ` ${stat.rdev}`;
  const xattrs = source.xattrs(entry);
  if (xattrs.size > 0) facts += ` ${attributes(xattrs)}`;
  const target = kind === 'symlink' ? source.tree.readlink(entry).toString('latin1') : undefined;
  list?.add(entry.path, facts, target);
  const end = target === undefined ? '' : `${target}\0`;
  return `${name.toString('latin1')}\0${facts}\0${end}`;
}

function attributes(xattrs: ReadonlyMap<string, Buffer>): string {
  const entries = [...xattrs].map(([name, value]) => [name, value.toString('latin1')]);
  return digestOf(JSON.stringify(entries.sort(([a = ''], [b = '']) => (a < b ? -1 : 1))));
}

/** True for a destination that names a directory by its form. */
export function endsAsDirectory(target: string): boolean {
  return target.endsWith('/') || target === '.' || target.endsWith('/.');
}
