import type { FileDifference } from '../understand-types.ts';
import { differences, factsOf } from './facts.ts';
import type { FileTree, TreeNode } from '../../layer/file-tree.ts';
import { pathText } from './path-text.ts';

/**
 * The names that two trees do not have alike, sorted byte by byte. With `prefixes` (as trees have
 * paths) only those at and below them.
 */
export function compareTrees(
  before: FileTree,
  after: FileTree,
  prefixes: readonly string[] = [],
): FileDifference[] {
  const found: { readonly key: string; readonly difference: FileDifference }[] = [];
  const wanted = wantedBelow(prefixes);
  const compare = (path: string, old: TreeNode | undefined, now: TreeNode | undefined): void => {
    if (!wanted.leadsTo(path)) return;
    const difference = wanted.takes(path) ? differenceOf(path, old, now) : undefined;
    if (difference) found.push({ key: path, difference });
    const names = new Set([...(old?.children?.keys() ?? []), ...(now?.children?.keys() ?? [])]);
    for (const name of names) {
      const below = path === '' ? name : `${path}/${name}`;
      compare(below, old?.children?.get(name), now?.children?.get(name));
    }
  };
  compare('', before.root, after.root);
  return found.sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ difference }) => difference);
}

function differenceOf(
  path: string,
  old: TreeNode | undefined,
  now: TreeNode | undefined,
): FileDifference | undefined {
  // The same by all that a table says: nearly every name.
  if (old && now && isAlike(old, now)) return undefined;
  const [before, after] = [old && factsOf(old), now && factsOf(now)];
  const shown = pathText(path);
  if (!before) return after && { path: shown, change: 'added', aspects: [], after };
  if (!after) return { path: shown, change: 'deleted', aspects: [], before };
  const aspects = differences(before, after);
  if (aspects.length === 0) return undefined;
  return { path: shown, change: 'changed', aspects, before, after };
}

function isAlike(old: TreeNode, now: TreeNode): boolean {
  return (
    old.type === now.type &&
    old.type !== 'symlink' &&
    old.content?.digest === now.content?.digest &&
    old.content?.size === now.content?.size &&
    old.mode === now.mode &&
    old.uid === now.uid &&
    old.gid === now.gid &&
    old.xattrs === now.xattrs &&
    old.device === now.device
  );
}

function wantedBelow(prefixes: readonly string[]): {
  readonly takes: (path: string) => boolean;
  readonly leadsTo: (path: string) => boolean;
} {
  const all = prefixes.length === 0 || prefixes.includes('');
  const takes = (path: string): boolean =>
    all || prefixes.some((one) => path === one || path.startsWith(`${one}/`));
  const leadsTo = (path: string): boolean =>
    takes(path) || path === '' || prefixes.some((one) => one.startsWith(`${path}/`));
  return { takes, leadsTo };
}
