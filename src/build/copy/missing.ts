import { posix } from 'node:path';
import { closest } from '../../base/suggest.ts';
import { baseOf } from '../../snapshot/names.ts';
import type { Source, Tree, TreeEntry } from './tree.ts';

/** Entries that are looked at to find a file that is somewhere else. */
const MOST = 20_000;
/** Longer names are not compared letter by letter. */
const LONGEST = 100;

/**
 * Says in one line where a source is that is not where it was asked for: kept out by an ignore
 * rule, outside of the context, in another case, with another ending, misspelt, or in another
 * directory. `asked` is the path as written. Undefined when nothing like it is found.
 */
export function whereIs(source: Source, asked: string): string | undefined {
  const path = posix.normalize(`/${asked}`).replace(/(.)\/$/, '$1');
  const what = source.directory === undefined ? 'the stage' : 'the build context';
  const hidden = source.explainMissing?.(path);
  if (hidden !== undefined) return hidden;
  const reason = outsideOf(source, asked, path) ?? danglingLink(source.tree, path, what);
  if (reason !== undefined) return reason;
  const near = nearby(source.tree, path) ?? elsewhere(source.tree, posix.basename(path));
  return near === undefined ? undefined : `There is ${JSON.stringify(near)} in ${what}.`;
}

/** Paths of the machine, and such as begin above the context. */
function outsideOf({ directory, tree }: Source, asked: string, path: string): string | undefined {
  if (directory === undefined) return undefined;
  const root = posix.resolve(directory);
  if (path === root || path.startsWith(`${root}/`)) {
    const inside = path.slice(root.length + 1) || '.';
    if (tree.find(`/${inside}`)) {
      return `Paths begin at the build context: write ${JSON.stringify(inside)}.`;
    }
  }
  if (!/^(?:\.\/)*\.\.(?:\/|$)/.test(posix.normalize(asked))) return undefined;
  return (
    'It lies outside of the build context, which nothing can be copied from: ' +
    'build with a directory above it, or name its directory with --build-context.'
  );
}

function danglingLink(tree: Tree, path: string, what: string): string | undefined {
  let end = path.length;
  // The first part that leads nowhere.
  for (let at = path.indexOf('/', 1); at > 0; at = path.indexOf('/', at + 1)) {
    if (tree.find(path.slice(0, at))) continue;
    end = at;
    break;
  }
  const link = tree.find(path.slice(0, end), { followLast: false });
  if (link?.kind !== 'symlink') return undefined;
  const name = link.path.toString('utf8', 1);
  return `${name} is a symbolic link to ${tree.readlink(link).toString()}, which is not in ${what}.`;
}

/** The same place under a name that differs little. Goes down as far as the path is right. */
function nearby(tree: Tree, path: string): string | undefined {
  let at = tree.find('/');
  let walked = '';
  const parts = path.split('/').filter(Boolean);
  for (const [index, part] of parts.entries()) {
    if (at?.kind !== 'directory') return undefined;
    const next = tree.find(`${walked}/${part}`);
    if (next) {
      at = next;
      walked += `/${part}`;
      continue;
    }
    // A link that leads nowhere is listed under the very name that was not found.
    const names = tree.list(at).map((entry) => baseOf(entry.path).toString());
    const name = alike(
      part,
      names.slice(0, MOST).filter((one) => one !== part),
    );
    if (name === undefined || !tree.find(`${walked}/${name}`)) return undefined;
    const rest = parts.slice(index + 1);
    const found = [walked, name, ...rest].join('/');
    // A directory that is written otherwise helps only when the rest is there.
    if (tree.find(found)) return found.slice(1);
    return rest.length > 0 && tree.find(`${walked}/${name}`) ? nearby(tree, found) : undefined;
  }
  return undefined;
}

/** The name that was meant most likely: another case, another ending, or few other letters. */
function alike(name: string, names: readonly string[]): string | undefined {
  const lower = name.toLowerCase();
  const stem = stemOf(name);
  return (
    names.find((one) => one.toLowerCase() === lower) ??
    names.find((one) => one.startsWith(`${name}.`) || name.startsWith(`${one}.`)) ??
    names.find((one) => stem !== name && stemOf(one) === stem) ??
    closest(
      name.slice(0, LONGEST),
      names.filter((one) => one.length <= LONGEST),
      { max: name.length < 5 ? 1 : 2 },
    )
  );
}

function stemOf(name: string): string {
  const dot = name.lastIndexOf('.');
  return dot > 0 ? name.slice(0, dot) : name;
}

/** The first path, from the top down, with this last name; else one that differs in case only. */
function elsewhere(tree: Tree, name: string): string | undefined {
  const lower = name.toLowerCase();
  let otherCase: string | undefined;
  let level: readonly TreeEntry[] = [tree.find('/')].filter((entry) => entry !== undefined);
  for (let seen = 0; level.length > 0 && seen < MOST;) {
    const next: TreeEntry[] = [];
    for (const directory of level) {
      if (seen >= MOST) break;
      for (const entry of listed(tree, directory)) {
        seen += 1;
        const own = baseOf(entry.path).toString();
        if (own === name) return entry.path.toString('utf8', 1);
        if (own.toLowerCase() === lower) otherCase ??= entry.path.toString('utf8', 1);
        if (entry.kind === 'directory') next.push(entry);
      }
    }
    level = next;
  }
  return otherCase;
}

/** What cannot be read is no reason for another error. */
function listed(tree: Tree, directory: TreeEntry): TreeEntry[] {
  try {
    return tree.list(directory);
  } catch {
    return [];
  }
}
