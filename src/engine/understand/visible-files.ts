import type { Digest } from '../../oci/digest.ts';
import type { SizedPath } from '../understand-types.ts';
import type { Content, FileTree, TreeNode } from '../../layer/file-tree.ts';
import { Largest } from './largest.ts';
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
  /** The largest with all that is in them, but for those that are hardly more than one of these. */
  readonly directories: readonly SizedPath[];
  readonly leftovers: readonly LeftoverGroup[];
  /** Of two or more, without the leftovers. */
  readonly duplicates: readonly DuplicateGroup[];
}

/** Names of a duplicate that are kept. */
const NAMES = 10;

/** A directory that is hardly more than one of those in it says nothing that that one does not. */
const MOSTLY = 0.8;

/** Looks at every file of a finished tree once; so many of the largest directories are told. */
export function visibleFiles(tree: FileTree, top: number): VisibleFiles {
  const leftovers = new Map<string, LeftoverGroup>();
  const copies = new Map<Digest, DuplicateGroup>();
  const linked = new Set<Content>();
  const directories = new Largest(top);
  /** Returns the bytes that count: of hard links those of the first. */
  const file = (path: string, content: Content, zone: Zone | undefined): number => {
    if (content.size === 0) return 0;
    if (content.names > 1) {
      if (linked.has(content)) return 0;
      linked.add(content);
    }
    if (zone) addLeftover(leftovers, zone, content);
    else if (content.digest !== undefined) addCopy(copies, content.digest, path, content);
    return content.size;
  };
  const walk = (node: TreeNode, path: string, zone: Zone | undefined): number => {
    let [bytes, largest] = [0, 0];
    for (const [name, child] of node.children ?? []) {
      const below = path === '' ? name : `${path}/${name}`;
      if (child.children) {
        const rule = zone ? undefined : wasteRule(below);
        const inside = walk(child, below, rule ? { rule, path: below } : zone);
        bytes += inside;
        largest = Math.max(largest, inside);
      } else if (child.content) bytes += file(below, child.content, zone);
    }
    if (path !== '' && largest < bytes * MOSTLY) directories.add(path, bytes);
    return bytes;
  };
  return {
    bytes: walk(tree.root, '', undefined),
    directories: directories.list(),
    leftovers: [...leftovers.values()],
    duplicates: [...copies.values()].filter(({ count }) => count > 1),
  };
}

interface Zone {
  readonly rule: WasteRule;
  readonly path: string;
}

function addLeftover(
  groups: Map<string, LeftoverGroup>,
  { rule, path }: Zone,
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
