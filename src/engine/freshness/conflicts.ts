import type { RebaseConflict } from '../freshness-types.ts';
import { differences, factsOf } from '../understand/facts.ts';
import type { FileTree, TreeNode } from '../../layer/file-tree.ts';
import { pathText } from '../understand/path-text.ts';

/** What programs make anew, or nobody misses; byte by byte in Latin-1. */
const HARMLESS = /^(?:tmp|run|var\/(?:tmp|log|cache|run)|root\/\.cache)(?:\/|$)/;

/** The trees of a rebase. */
export interface RebaseTrees {
  readonly before: FileTree;
  readonly after: FileTree;
  /** The old base with the image's own layers on it, of which this is the first (from 0). */
  readonly image: FileTree;
  readonly firstOwn: number;
}

/** A conflict before the layer is told by more than its number. */
export type Clash = Pick<RebaseConflict, 'path' | 'layer' | 'why'>;

/**
 * Where the image's own layers and the way from the old base to the new one meet: the image's
 * file would hide what is new there. Times are not looked at.
 */
export function clashes({ before, after, image, firstOwn }: RebaseTrees): Clash[] {
  const found: Clash[] = [];
  const visit = (
    path: string,
    node: TreeNode,
    old: TreeNode | undefined,
    fresh: TreeNode | undefined,
  ): void => {
    if (HARMLESS.test(path)) return;
    if (node.children) {
      if (fresh && !fresh.children && path !== '') {
        const layer = ownLayerIn(node, firstOwn);
        const why = 'below what is no directory in the new base';
        if (layer !== undefined) found.push({ path: pathText(path), layer: layer + 1, why });
        return;
      }
      for (const [name, child] of node.children) {
        const below = path === '' ? name : `${path}/${name}`;
        visit(below, child, old?.children?.get(name), fresh?.children?.get(name));
      }
      return;
    }
    if (node.layer < firstOwn || same(old, fresh) || same(node, fresh)) return;
    const why = !fresh ? 'removed in the new base' : old ? 'changed in both' : 'added in both';
    found.push({ path: pathText(path), layer: node.layer + 1, why });
  };
  visit('', image.root, before.root, after.root);
  return found;
}

/** The first layer of the image's own that says something at or below a name. */
function ownLayerIn(node: TreeNode, firstOwn: number): number | undefined {
  if (!node.children && node.layer >= firstOwn) return node.layer;
  for (const child of node.children?.values() ?? []) {
    const layer = ownLayerIn(child, firstOwn);
    if (layer !== undefined) return layer;
  }
  return undefined;
}

function same(a: TreeNode | undefined, b: TreeNode | undefined): boolean {
  if (!a || !b) return a === b;
  if (a.children || b.children) return a.children !== undefined && b.children !== undefined;
  return differences(factsOf(a), factsOf(b)).length === 0;
}
