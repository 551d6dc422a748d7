import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { InvalidInputError } from '../../base/errors.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { FileStamp } from '../../store/tables.ts';
import { openInside } from '../../sys/inside.ts';
import { getXattrs } from '../../sys/xattr.ts';
import { contextTree, type ContextFilter } from './context.ts';
import { hashOpenFile } from '../../snapshot/hash-file.ts';
import type { Source, TreeEntry } from './tree.ts';

const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const EMPTY = digestOf('');
/** Nanoseconds by which the times of two changes may be the same. */
const TICK = 20_000_000n;
/** Digests that are remembered in one transaction. */
const BATCH = 1000;

/** What COPY wants to know of a file of the context. */
interface Facts {
  readonly digest: Digest;
  readonly xattrs: ReadonlyMap<string, Buffer>;
}

/**
 * The build context as a source for COPY. Digests of unchanged files come from the store's
 * stat cache: a rebuild reads no file, it only looks at them. Leaving the
 * scope remembers what was learnt.
 */
export function contextSource(
  root: string,
  filter: ContextFilter,
  store: Store,
  why: Pick<Source, 'explainMissing' | 'ignoredBy'>,
): Source & Disposable {
  let directory: number | undefined;
  let learnt: { stamp: FileStamp; digest: Digest }[] = [];
  /** Goes with the entries: nothing here grows with the context. */
  const known = new WeakMap<TreeEntry, Facts>();
  /** What the stat cache cannot hold: files with attributes, and files that were just written. */
  const unsettled = new Map<string, Facts>();
  const began = BigInt(store.clock.now().getTime()) * 1_000_000n;

  const look = (entries: readonly TreeEntry[]): void => {
    store.read(({ files }) => {
      for (const entry of entries) {
        if (entry.kind !== 'file' && entry.kind !== 'directory') continue;
        const digest = files.get(stampOf(entry));
        if (digest) known.set(entry, { digest, xattrs: NO_XATTRS });
      }
    });
  };

  const facts = (entry: TreeEntry): Facts => {
    let found = known.get(entry);
    if (found) return found;
    look([entry]);
    found = known.get(entry) ?? learn(entry);
    known.set(entry, found);
    return found;
  };

  /** Reads what the stat cache does not know. */
  const learn = (entry: TreeEntry): Facts => {
    const { dev, ino, ctimeNs, mtimeNs } = entry.stat;
    const key = `${dev}:${ino}:${ctimeNs}:${mtimeNs}`;
    const before = unsettled.get(key);
    if (before) return before;
    const xattrs = getXattrs(entry.file);
    const digest = entry.kind === 'file' ? hashOpenFile(open(entry)) : EMPTY;
    const found = { digest, xattrs };
    // A file that changed while the clock stood still could change again without a new stamp.
    const settled = mtimeNs < began - TICK && ctimeNs < began - TICK;
    if (xattrs.size === 0 && settled) learnt.push({ stamp: stampOf(entry), digest });
    else unsettled.set(key, found);
    if (learnt.length >= BATCH) remember();
    return found;
  };

  const remember = (): void => {
    const rows = learnt;
    learnt = [];
    if (rows.length > 0) store.note(({ files }) => files.put(rows));
  };

  const open = (entry: TreeEntry): number => {
    directory ??= openSync(root, constants.O_RDONLY | constants.O_DIRECTORY);
    const fd = openInside(directory, entry.path, READ);
    const stat = fstatSync(fd, { bigint: true });
    if (stat.isFile() && stat.ino === entry.stat.ino) return fd;
    closeSync(fd);
    throw new InvalidInputError(`${entry.path.toString().slice(1)} changed while it was read`, {
      hint: 'Nothing may write to the build context during a build.',
    });
  };

  return {
    tree: contextTree(root, filter),
    directory: root,
    keepOwners: false,
    look,
    contentDigest: (entry) => facts(entry).digest,
    open,
    xattrs: (entry) =>
      entry.kind === 'file' || entry.kind === 'directory' ? facts(entry).xattrs : NO_XATTRS,
    ...why,
    [Symbol.dispose]() {
      if (directory !== undefined) closeSync(directory);
      remember();
    },
  };
}

function stampOf({ stat }: TreeEntry): FileStamp {
  return {
    dev: stat.dev,
    ino: stat.ino,
    size: stat.size,
    mtimeNs: stat.mtimeNs,
    ctimeNs: stat.ctimeNs,
  };
}
