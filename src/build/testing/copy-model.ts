/*
 * The rules of COPY for links, directories and names, written once more and as plainly as can
 * be: a tree is a map from absolute paths to entries, and copying is done entry by entry.
 */

/** An entry of a model's tree; `text` is the content of a file or the target of a link. */
export interface ModelEntry {
  readonly kind: 'file' | 'directory' | 'symlink';
  readonly mode: number;
  readonly text: string;
}

/** By absolute path without a slash at its end; the root is not in it. */
export type ModelTree = Map<string, ModelEntry>;

/** One COPY, without wildcards in directories. */
export interface ModelCopy {
  readonly sources: readonly string[];
  readonly target: string;
  /** Octal. */
  readonly chmod: number | undefined;
  /** Names of entries that are left out at the top of each copied directory. */
  readonly exclude: readonly string[];
}

/** The model's own failure: what it means for COPY to refuse. */
export class ModelRefusal extends Error {}

const LINKS = 40;

/** Follows links; the last one only when asked. What is missing is appended as it is. */
function follow(tree: ModelTree, path: string, last: boolean): string {
  let todo = path.split('/');
  let at = '';
  for (let links = 0; todo.length > 0;) {
    const [name = '', ...rest] = todo;
    todo = rest;
    if (name === '' || name === '.') continue;
    if (name === '..') {
      at = at.slice(0, Math.max(at.lastIndexOf('/'), 0));
      continue;
    }
    const next = `${at}/${name}`;
    const entry = tree.get(next);
    const isLast = todo.every((part) => part === '' || part === '.');
    if (entry?.kind === 'symlink' && (!isLast || last)) {
      if ((links += 1) > LINKS) throw new ModelRefusal('too many links');
      if (entry.text.startsWith('/')) at = '';
      todo = [...entry.text.split('/'), ...todo];
      continue;
    }
    at = next;
  }
  return at;
}

function isDirectory(tree: ModelTree, path: string): boolean {
  return path === '' || tree.get(path)?.kind === 'directory';
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/'));
}

function makeDirectories(tree: ModelTree, path: string, mode: number): void {
  if (path === '' || isDirectory(tree, path)) return;
  if (tree.has(path)) throw new ModelRefusal(`${path} is in the way`);
  makeDirectories(tree, parentOf(path), mode);
  tree.set(path, { kind: 'directory', mode, text: '' });
}

function childrenOf(tree: ModelTree, path: string): string[] {
  return [...tree.keys()].filter((one) => parentOf(one) === path).sort();
}

function put(tree: ModelTree, path: string, entry: ModelEntry): void {
  if (tree.get(path)?.kind === 'directory' || path === '') {
    throw new ModelRefusal(`${path} is a directory`);
  }
  tree.set(path, entry);
}

function withMode(entry: ModelEntry, chmod: number | undefined): ModelEntry {
  return entry.kind === 'symlink' || chmod === undefined ? entry : { ...entry, mode: chmod };
}

function merge(
  from: ModelTree,
  source: string,
  to: ModelTree,
  target: string,
  copy: ModelCopy,
  top: boolean,
): void {
  for (const path of childrenOf(from, source)) {
    const name = path.slice(source.length + 1);
    if (top && copy.exclude.includes(name)) continue;
    const entry = withMode(from.get(path)!, copy.chmod);
    const place = `${target}/${name}`;
    if (entry.kind !== 'directory') {
      put(to, place, entry);
      continue;
    }
    const there = to.get(place);
    if (there && there.kind !== 'directory') throw new ModelRefusal(`${place} is no directory`);
    to.set(place, entry);
    merge(from, path, to, place, copy, false);
  }
}

/** What an image tree is after a COPY out of another tree. Throws ModelRefusal. */
export function modelCopy(from: ModelTree, below: ModelTree, copy: ModelCopy): ModelTree {
  const to: ModelTree = new Map(below);
  const parents = copy.chmod ?? 0o755;
  for (const source of copy.sources) {
    const found = follow(from, source, true);
    const entry =
      found === '' ? { kind: 'directory' as const, mode: 0o755, text: '' } : from.get(found);
    if (!entry) throw new ModelRefusal(`${source} is not there`);
    const target = follow(to, copy.target, true);
    if (entry.kind === 'directory') {
      makeDirectories(to, target, parents);
      merge(from, found, to, target, copy, true);
      continue;
    }
    const name = source.split('/').findLast((part) => part !== '' && part !== '.')!;
    const isInside = copy.target.endsWith('/') || isDirectory(to, target);
    const place = isInside ? `${target}/${name}` : target;
    makeDirectories(to, parentOf(place), parents);
    put(to, place, withMode(entry, copy.chmod));
  }
  return to;
}
