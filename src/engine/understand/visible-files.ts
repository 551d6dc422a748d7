import type { Digest } from '../../oci/digest.ts';
import type { Content, FileTree, TreeNode } from './file-tree.ts';
import { wasteRule, type WasteRule } from './known-waste.ts';

/** Visible files that a rule speaks of, first written by one layer (from 0 at the bottom). */
export interface LeftoverGroup {
  readonly rule: WasteRule;
  readonly layer: number;
  bytes: number;
  files: number;
  /** Bytes by directory: as the tree has their paths. */
  readonly places: Map<string, number>;
}

/** Visible files of one content. */
export interface DuplicateGroup {
  readonly digest: Digest;
  readonly size: number;
  /** Times that it is there. */
  count: number;
  /** As the tree has them, the first ones. */
  readonly paths: string[];
  /** The layers that first wrote each of `count`. */
  readonly layers: number[];
}

/** What is to be said of the files that a container sees. */
export interface VisibleFiles {
  readonly bytes: number;
  readonly leftovers: readonly LeftoverGroup[];
  /** Of two or more, without the leftovers. */
  readonly duplicates: readonly DuplicateGroup[];
}

/** Names of a duplicate that are kept. */
const NAMES = 10;

/** Looks at every file of a finished tree once. */
export function visibleFiles(tree: FileTree): VisibleFiles {
  const leftovers = new Map<string, LeftoverGroup>();
  const copies = new Map<Digest, DuplicateGroup>();
  const linked = new Set<Content>();
  let bytes = 0;
  const file = (
    path: string,
    content: Content,
    zone: { readonly rule: WasteRule; readonly path: string } | undefined,
  ): void => {
    if (content.size === 0) return;
    if (content.names > 1) {
      if (linked.has(content)) return;
      linked.add(content);
    }
    bytes += content.size;
    if (zone) addLeftover(leftovers, zone, content);
    else if (content.digest !== undefined) addCopy(copies, content.digest, path, content);
  };
  const walk = (node: TreeNode, path: string, zone: Parameters<typeof file>[2]): void => {
    for (const [name, child] of node.children ?? []) {
      const below = path === '' ? name : `${path}/${name}`;
      if (child.children) {
        const rule = zone ? undefined : wasteRule(below);
        walk(child, below, rule ? { rule, path: below } : zone);
      } else if (child.content) file(below, child.content, zone);
    }
  };
  walk(tree.root, '', undefined);
  return {
    bytes,
    leftovers: [...leftovers.values()],
    duplicates: [...copies.values()].filter(({ count }) => count > 1),
  };
}

function addLeftover(
  groups: Map<string, LeftoverGroup>,
  { rule, path }: { readonly rule: WasteRule; readonly path: string },
  { source: layer, size }: Content,
): void {
  const key = `${layer} ${rule.kind}`;
  let group = groups.get(key);
  if (!group) groups.set(key, (group = { rule, layer, bytes: 0, files: 0, places: new Map() }));
  group.bytes += size;
  group.files += 1;
  group.places.set(path, (group.places.get(path) ?? 0) + size);
}

function addCopy(
  groups: Map<Digest, DuplicateGroup>,
  digest: Digest,
  path: string,
  { source, size }: Content,
): void {
  let group = groups.get(digest);
  if (!group) groups.set(digest, (group = { digest, size, count: 0, paths: [], layers: [] }));
  group.count += 1;
  if (group.paths.length < NAMES) group.paths.push(path);
  group.layers.push(source);
}
