import { baseOf } from '../../snapshot/names.ts';
import { joinPath, type Source, type TreeEntry } from './tree.ts';
import { metadataOf, type Metadata, type Pending, type Plan } from './plan.ts';
import { endsAsDirectory, isLeftOut, type Exclude, type Selected } from './select.ts';
import type { ModeChange } from './chmod.ts';

/** How copied entries differ from their sources. */
export interface CopyRules {
  readonly owner?: { readonly uid: number; readonly gid: number };
  readonly mode?: ModeChange;
  /** Of directories that are made for what is copied; 0755 without it. */
  readonly madeMode?: number | undefined;
  readonly exclude?: Exclude;
  /** What is copied takes the place of what is there, of another kind too. */
  readonly replaces?: boolean;
  /** Times later than this (nanoseconds since the epoch) become this. */
  readonly clamp?: bigint;
  /** Time of directories that have none of their own. */
  readonly now: bigint;
}

/**
 * Plans one COPY: directories give their contents, files go into a destination that is or
 * looks like a directory, and otherwise to the destination itself. Later sources win.
 */
export function planCopy(
  plan: Plan,
  source: Source,
  selected: readonly Selected[],
  target: string,
  rules: CopyRules,
): void {
  for (const { entry, name } of selected) {
    if (entry.kind === 'directory') {
      const place = plan.resolve(target);
      const top = plan.directory(place.path, newDirectory(rules));
      top.pending.push(contentsOf(source, entry, Buffer.alloc(0), rules));
      // The root of a context is wherever it was checked out: its time says nothing.
      if (entry.path.length > 1) top.mtime = clamped(metadataOf(entry).mtime, rules);
      continue;
    }
    // `--exclude` speaks of what lies below a copied directory, not of what was named.
    if (entry.kind === 'socket') continue;
    plan.put(placeFor(plan, target, name), planned(source, entry, rules));
  }
}

/** Plans a file whose bytes are at hand: a heredoc. */
export function planText(
  plan: Plan,
  name: string,
  body: Buffer,
  target: string,
  rules: CopyRules,
): void {
  plan.put(placeFor(plan, target, Buffer.from(name)), {
    kind: 'file',
    from: body,
    mode: rules.mode?.(0o644, false) ?? 0o644,
    uid: rules.owner?.uid ?? 0,
    gid: rules.owner?.gid ?? 0,
    mtime: rules.now,
    xattrs: new Map(),
  });
}

/**
 * Where a file goes: links in the target and at its end are followed, but one that has the
 * file's own name in a target directory is replaced.
 */
function placeFor(plan: Plan, target: string, name: Buffer): Buffer {
  const { path, kind } = plan.resolve(target);
  return endsAsDirectory(target) || kind === 'directory' ? joinPath(path, name) : path;
}

/** Metadata of a destination directory that had to be made. */
export function newDirectory(rules: CopyRules): Omit<Metadata, 'xattrs'> {
  return {
    mode: rules.madeMode ?? 0o755,
    uid: rules.owner?.uid ?? 0,
    gid: rules.owner?.gid ?? 0,
    mtime: rules.now,
  };
}

/** The contents of a source directory, to be put where they belong when their turn comes. */
function contentsOf(source: Source, from: TreeEntry, relative: Buffer, rules: CopyRules): Pending {
  return (plan, into, path) => {
    const children = source.tree.list(from).filter(({ kind }) => kind !== 'socket');
    source.look?.(children);
    for (const child of children) {
      const name = baseOf(child.path);
      const below = relative.length === 0 ? name : joinPath(relative, name);
      if (isLeftOut(rules.exclude, source.tree, child, below)) continue;
      const node = planned(source, child, rules);
      if (node.kind === 'directory') node.pending.push(contentsOf(source, child, below, rules));
      plan.add(into, joinPath(path, name), name, node);
    }
  };
}

function clamped(mtime: bigint, { clamp }: CopyRules): bigint {
  return clamp !== undefined && mtime > clamp ? clamp : mtime;
}

function planned(source: Source, entry: TreeEntry, rules: CopyRules): Parameters<Plan['put']>[1] {
  const own = metadataOf(entry);
  const isDirectory = entry.kind === 'directory';
  const metadata: Metadata = {
    mode: entry.kind === 'symlink' ? 0o777 : (rules.mode?.(own.mode, isDirectory) ?? own.mode),
    uid: rules.owner?.uid ?? (source.keepOwners ? own.uid : 0),
    gid: rules.owner?.gid ?? (source.keepOwners ? own.gid : 0),
    mtime: clamped(own.mtime, rules),
    xattrs: source.xattrs(entry),
    ...(rules.replaces === true && { replaces: true }),
  };
  switch (entry.kind) {
    case 'directory':
      return {
        ...metadata,
        kind: 'directory',
        fresh: false,
        ...(entry.isWay === true && { isWay: true }),
        children: new Map(),
        pending: [],
      };
    case 'symlink':
      return { ...metadata, kind: 'symlink', target: source.tree.readlink(entry) };
    case 'file':
      return {
        ...metadata,
        kind: 'file',
        from: { source, entry },
        ...(entry.stat.nlink > 1n && { inode: `${entry.stat.dev}:${entry.stat.ino}` }),
      };
    case 'char':
    case 'block':
      return { ...metadata, kind: entry.kind, rdev: entry.stat.rdev };
    default:
      return { ...metadata, kind: 'fifo' };
  }
}
