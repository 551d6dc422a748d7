import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { InvalidInputError } from '../../base/errors.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { FileStamp } from '../../store/tables.ts';
import { openInside } from '../../sys/inside.ts';
import { getXattrs } from '../../sys/xattr.ts';
import { contextTree, type ContextFilter } from './context.ts';
import { hashFile } from './hash-file.ts';
import type { Source, TreeEntry } from './tree.ts';

const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();
const READ = constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW;
const EMPTY = digestOf('');

/**
 * The build context as a source for COPY. Digests of unchanged files come from the store's
 * stat cache: a rebuild reads no file, it only looks at them. Leaving the
 * scope remembers what was learnt.
 */
export function contextSource(
  root: string,
  filter: ContextFilter,
  store: Store,
  explainMissing: (path: string) => string | undefined,
): Source & Disposable {
  let directory: number | undefined;
  const learnt: { stamp: FileStamp; digest: Digest }[] = [];
  const fresh = new Map<string, { digest: Digest; xattrs: ReadonlyMap<string, Buffer> }>();
  const began = BigInt(store.clock.now().getTime()) * 1_000_000n;

  const remembered = (entry: TreeEntry): Digest | undefined =>
    store.read(({ files }) => files.get(stampOf(entry)));

  /** Reads what the stat cache does not know. Files with attributes are never remembered. */
  const learn = (entry: TreeEntry): { digest: Digest; xattrs: ReadonlyMap<string, Buffer> } => {
    const key = `${entry.stat.dev}:${entry.stat.ino}:${entry.stat.ctimeNs}`;
    const known = fresh.get(key);
    if (known) return known;
    const xattrs = getXattrs(entry.file);
    const digest = entry.kind === 'file' ? hashFile(open(entry)) : EMPTY;
    const facts = { digest, xattrs };
    fresh.set(key, facts);
    // A file that changed while the clock stood still could change again without a new stamp.
    const settled =
      entry.stat.mtimeNs < began - 20_000_000n && entry.stat.ctimeNs < began - 20_000_000n;
    if (xattrs.size === 0 && settled) learnt.push({ stamp: stampOf(entry), digest });
    return facts;
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
    keepOwners: false,
    contentDigest: (entry) => remembered(entry) ?? learn(entry).digest,
    open,
    xattrs: (entry) => {
      if (entry.kind !== 'file' && entry.kind !== 'directory') return NO_XATTRS;
      return remembered(entry) ? NO_XATTRS : learn(entry).xattrs;
    },
    explainMissing,
    [Symbol.dispose]() {
      if (directory !== undefined) closeSync(directory);
      if (learnt.length > 0) store.note(({ files }) => files.put(learnt));
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
