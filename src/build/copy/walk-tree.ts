import { baseOf } from '../../snapshot/names.ts';
import { isLeftOut, type Exclude } from './select.ts';
import { joinPath, type Tree, type TreeEntry } from './tree.ts';

/** Paths of an entry and of all below it that is not excluded, as text without a leading slash. */
export function* walkTree(
  tree: Tree,
  top: TreeEntry,
  exclude: Exclude | undefined,
): Generator<string> {
  for (const { path } of entriesBelow(tree, top, exclude)) yield path.toString('utf8', 1);
}

/** An entry and all below it that is not excluded, depth first. */
export function* entriesBelow(
  tree: Tree,
  top: TreeEntry,
  exclude: Exclude | undefined,
  relative: Buffer = Buffer.alloc(0),
): Generator<TreeEntry> {
  yield top;
  if (top.kind !== 'directory') return;
  for (const child of tree.list(top)) {
    const base = baseOf(child.path);
    const name = relative.length === 0 ? base : joinPath(relative, base);
    if (isLeftOut(exclude, tree, child, name)) continue;
    yield* entriesBelow(tree, child, exclude, name);
  }
}
