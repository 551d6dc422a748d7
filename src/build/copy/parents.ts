import { posix } from 'node:path';
import { pathPattern, type PathPattern } from '../../dockerfile/ignore-pattern.ts';
import { hasWildcards } from '../../dockerfile/match.ts';
import { SourceNotFoundError } from '../errors.ts';
import { whereIs } from './missing.ts';
import { isLeftOut, selectSources, type Exclude, type Selection } from './select.ts';
import { joinPath, type Source, type Tree, type TreeEntry } from './tree.ts';

/** What one source of COPY or ADD means. Throws SourceNotFoundError. */
export function selectionsOf(
  source: Source,
  path: string,
  how: { readonly parents: boolean | undefined; readonly exclude?: Exclude | undefined },
): Selection[] {
  return how.parents
    ? selectWithParents(source, path, how.exclude)
    : [{ source, selected: selectSources(source, [path]) }];
}

/**
 * Finds what a source of `COPY --parents` means. What stands before the first `/./` is the
 * directory (its own wildcards are those of a plain COPY) that paths are kept from; without one
 * it is the root. The rest is a pattern in which `**` takes directories at any depth, and which
 * takes all that lies below a match; no link is followed in it. Directories on the way to a
 * match come along. Throws SourceNotFoundError for a path without wildcards that is not there.
 *
 * @see https://docs.docker.com/reference/dockerfile/#copy---parents
 */
function selectWithParents(source: Source, path: string, exclude?: Exclude): Selection[] {
  const cut = path.indexOf('/./');
  const top = cut < 0 ? '/' : path.slice(0, cut) || '/';
  const rest = cut < 0 ? path : path.slice(cut + 3);
  const pattern = posix.normalize(`/${rest}`).slice(1).replace(/\/$/, '');
  const directories = selectSources(source, [top]).filter(
    ({ entry }) => entry.kind === 'directory',
  );
  if (!hasWildcards(top) && !hasWildcards(pattern)) {
    requireThere(source, directories[0]?.entry, top, pattern);
  }
  return directories.map((selected) => ({
    selected: [selected],
    source:
      pattern === ''
        ? source
        : { ...source, tree: matching(source.tree, selected.entry, pathPattern(pattern), exclude) },
  }));
}

/** A pattern walks over real directories only, so no link may be on the way to a plain path. */
function requireThere(
  source: Source,
  from: TreeEntry | undefined,
  top: string,
  pattern: string,
): void {
  let at = from;
  for (const name of unescaped(pattern).split('/').filter(Boolean)) {
    if (at?.kind !== 'directory') at = undefined;
    at = at && source.tree.find(joinPath(at.path, Buffer.from(name)), { followLast: false });
  }
  if (at) return;
  const clean = posix.normalize(`/${unescaped(top)}/${unescaped(pattern)}`).replace(/(.)\/$/, '$1');
  const hint = source.tree.find(clean)
    ? 'A directory on the way to it is a symbolic link, which --parents does not follow.'
    : whereIs(source, clean.slice(1));
  throw new SourceNotFoundError(clean, hint);
}

function unescaped(pattern: string): string {
  return pattern.replaceAll(/\\(.)/g, '$1');
}

function asWay({ path, file, stat, kind, layer }: TreeEntry): TreeEntry {
  return { path, file, stat, kind, ...(layer !== undefined && { layer }), isWay: true };
}

/** A tree as the pattern leaves it: `list` gives what matches and what leads to a match. */
function matching(
  tree: Tree,
  top: TreeEntry,
  pattern: PathPattern,
  exclude: Exclude | undefined,
): Tree {
  /** By directory: whether something below it matches. One answer each, not one entry each. */
  const answers = new Map<string, boolean>();
  const start = top.path.length === 1 ? 1 : top.path.length + 1;
  const relative = (entry: TreeEntry): string => entry.path.subarray(start).toString();
  const isCovered = (path: string): boolean => {
    for (let end = path.indexOf('/'); end >= 0; end = path.indexOf('/', end + 1)) {
      if (pattern.matches(path.slice(0, end))) return true;
    }
    return pattern.matches(path);
  };
  /** An entry as it is shown, of a directory that does not match itself. */
  const shown = (entry: TreeEntry): TreeEntry | undefined => {
    const path = relative(entry);
    if (entry.kind === 'socket' || isLeftOut(exclude, tree, entry, Buffer.from(path)))
      return undefined;
    if (pattern.matches(path)) return entry;
    return entry.kind === 'directory' && leads(entry, path) ? asWay(entry) : undefined;
  };
  const leads = (directory: TreeEntry, path: string): boolean => {
    if (!pattern.mayMatchBelow(path)) return false;
    const key = directory.path.toString('latin1');
    let answer = answers.get(key);
    if (answer === undefined) {
      answer = tree.list(directory).some((child) => shown(child) !== undefined);
      answers.set(key, answer);
    }
    return answer;
  };
  return {
    find: (path, options) => tree.find(path, options),
    readlink: (entry) => tree.readlink(entry),
    list(directory) {
      const children = tree.list(directory);
      if (directory.path.length > top.path.length && isCovered(relative(directory))) {
        return children;
      }
      return children.map(shown).filter((entry) => entry !== undefined);
    },
  };
}
