import type { Digest } from '../../oci/digest.ts';
import type { WasteKind } from '../understand-types.ts';
import type { Change, Content, TreeNode } from '../../layer/file-tree.ts';
import { Largest } from './largest.ts';

/** Bytes of one layer that another one hides, all in the same way. Layers from 0 at the bottom. */
export interface HiddenGroup {
  readonly kind: WasteKind;
  readonly layer: number;
  /** The layer that first wrote the content. */
  readonly source: number;
  readonly by: number;
  bytes: number;
  files: number;
  readonly paths: Largest;
  /** Of `metadata`: what the copies have that what they hide had not. */
  readonly owners: Set<string>;
  readonly modes: Set<number>;
}

/** Adds up what layers hide of each other. */
export class HiddenBytes {
  readonly #groups = new Map<string, HiddenGroup>();
  readonly #keep: number;
  /** Of the layer at work: what it deletes, and contents that it writes. */
  readonly #deleted: Change[] = [];
  readonly #written = new Set<Digest>();

  /** Of each group so many names are kept. */
  constructor(keep: number) {
    this.#keep = keep;
  }

  /** For {@link FileTree}. */
  note(change: Change): void {
    const { before, after, by, hidden } = change;
    const now = after?.content;
    if (now?.layer === by && now.digest !== undefined) this.#written.add(now.digest);
    if (!before || !hidden || hidden.size === 0) return;
    const kind = kindOf(before, after);
    if (kind === 'deleted') this.#deleted.push(change);
    else this.#add(kind, change, hidden);
  }

  /** Call it after each layer: now is known what was deleted here to be written there. */
  endLayer(): void {
    for (const change of this.#deleted) {
      const { hidden } = change;
      if (!hidden) continue;
      const isMoved = hidden.digest !== undefined && this.#written.has(hidden.digest);
      this.#add(isMoved ? 'moved' : 'deleted', change, hidden);
    }
    this.#deleted.length = 0;
    this.#written.clear();
  }

  #add(kind: WasteKind, { path, before, after, by }: Change, content: Content): void {
    const key = `${kind} ${content.layer} ${content.source} ${by}`;
    let group = this.#groups.get(key);
    if (!group) {
      const { layer, source } = content;
      const paths = new Largest(this.#keep);
      const nothing = { bytes: 0, files: 0, owners: new Set<string>(), modes: new Set<number>() };
      this.#groups.set(key, (group = { kind, layer, source, by, paths, ...nothing }));
    }
    group.bytes += content.size;
    group.files += 1;
    group.paths.add(path, content.size);
    if (kind !== 'metadata' || !before || !after) return;
    if (after.uid !== before.uid || after.gid !== before.gid) {
      noteFew(group.owners, `${after.uid}:${after.gid}`);
    }
    if (after.mode !== before.mode) noteFew(group.modes, after.mode);
  }

  /** Largest first. */
  groups(): HiddenGroup[] {
    return [...this.#groups.values()].sort(
      (a, b) => b.bytes - a.bytes || a.by - b.by || a.layer - b.layer || a.source - b.source,
    );
  }
}

/** One value or several: more than two need not be told apart. */
function noteFew<T>(values: Set<T>, value: T): void {
  if (values.size < 2) values.add(value);
}

function kindOf(before: TreeNode, after: TreeNode | undefined): WasteKind {
  if (!after) return 'deleted';
  const [old, now] = [before.content, after.content];
  const isSame = old?.digest !== undefined && old.digest === now?.digest;
  if (!isSame) return after.type === 'file' ? 'rewritten' : 'deleted';
  const sameFacts =
    before.mode === after.mode &&
    before.uid === after.uid &&
    before.gid === after.gid &&
    before.xattrs === after.xattrs;
  return sameFacts ? 'unchanged' : 'metadata';
}
