import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { digestOf, type Digest } from '../../oci/digest.ts';
import { hashRead } from '../../snapshot/hash-file.ts';
import { baseOf } from '../../snapshot/names.ts';
import type { Store } from '../../store/store.ts';
import type { FileStamp } from '../../store/tables.ts';
import { openAt, READ_PLAIN } from '../../sys/at.ts';
import { openInside } from '../../sys/inside.ts';
import { getXattrs, hasXattrs } from '../../sys/xattr.ts';
import { ContextChangedError, unreadable } from '../errors.ts';
import { ContextEntry, contextTree, type ContextFilter, type FileFacts } from './context.ts';
import type { Source, TreeEntry } from './tree.ts';
import { Witness } from './witness.ts';

const NO_XATTRS: ReadonlyMap<string, Buffer> = new Map();
const O_PATH = 0x200000;
const EMPTY = digestOf('');
/** Nanoseconds by which the times of two changes may be the same. */
const TICK = 20_000_000n;
/** The same on file systems that keep whole seconds, or every other one. */
const COARSE_TICK = 2_000_000_000n;
const SECOND = 1_000_000_000n;
/** Digests that are remembered in one transaction. */
const BATCH = 4096;

/**
 * The build context as a source for COPY. Digests of unchanged files come from the store's
 * stat cache: a rebuild reads no file, it only looks at them. Leaving the
 * scope remembers what was learnt.
 */
export function contextSource(
  root: string,
  filter: ContextFilter | undefined,
  store: Store,
  why: Pick<Source, 'explainMissing' | 'ignoredBy'>,
): Source & Disposable {
  const tree = contextTree(root, filter);
  const directories = new OpenDirectories(root);
  let learnt: { stamp: FileStamp; digest: Digest }[] = [];
  /** What the stat cache cannot hold: files with attributes, and files that were just written. */
  const unsettled = new Map<string, FileFacts>();
  const witnesses = new WeakMap<object, Witness>();
  const began = BigInt(store.clock.now().getTime()) * 1_000_000n;

  const look = (entries: readonly TreeEntry[]): void => {
    store.read(({ files }) => {
      for (const entry of entries) {
        if (!(entry instanceof ContextEntry)) continue;
        if (entry.facts || (entry.kind !== 'file' && entry.kind !== 'directory')) continue;
        const digest = files.get(entry.stat);
        if (digest) entry.facts = { digest, xattrs: NO_XATTRS };
      }
    });
  };

  const facts = (entry: TreeEntry): FileFacts => {
    if (!(entry instanceof ContextEntry)) return learn(entry);
    if (!entry.facts) look([entry]);
    return (entry.facts ??= learn(entry));
  };

  /** Reads what the stat cache does not know. */
  const learn = (entry: TreeEntry): FileFacts => {
    const key = stampText(entry);
    const before = unsettled.get(key);
    if (before) return before;
    const found = entry.kind === 'file' ? readFacts(entry) : directoryFacts(entry);
    if (found.xattrs.size > 0 || !isSettled(entry, began)) unsettled.set(key, found);
    else learnt.push({ stamp: stampOf(entry), digest: found.digest });
    if (learnt.length >= BATCH) remember();
    return found;
  };

  const readFacts = (entry: TreeEntry): FileFacts => {
    const fd = directories.open(entry);
    try {
      // A byte more than there should be shows that there is more.
      const digest = hashRead(fd, Number(entry.stat.size) + 1);
      const xattrs = hasXattrs(fd) ? getXattrs(entry.file) : NO_XATTRS;
      check(entry, fd);
      return { digest, xattrs };
    } finally {
      closeSync(fd);
    }
  };

  const remember = (): void => {
    const rows = learnt;
    learnt = [];
    if (rows.length > 0) store.note(({ files }) => files.put(rows));
  };

  const source: Source = {
    tree,
    directory: root,
    keepOwners: false,
    look,
    contentDigest: (entry) => facts(entry).digest,
    open: (entry) => directories.open(entry),
    check,
    isFresh: (entry) => !isSettled(entry, began),
    xattrs: (entry) =>
      entry.kind === 'file' || entry.kind === 'directory' ? facts(entry).xattrs : NO_XATTRS,
    ...why,
  };
  return {
    ...source,
    witnessed(step) {
      const witness = witnesses.get(step);
      if (witness) return { ...source, tree: witness.checking };
      const first = new Witness(tree);
      witnesses.set(step, first);
      return { ...source, tree: first.noting };
    },
    [Symbol.dispose]() {
      directories[Symbol.dispose]();
      remember();
    },
  };
}

function directoryFacts(entry: TreeEntry): FileFacts {
  try {
    return { digest: EMPTY, xattrs: getXattrs(entry.file) };
  } catch (error) {
    throw unreadable(error, entry.path);
  }
}

/** Throws ContextChangedError when an open file is not what an entry says of it. */
function check({ path, stat }: TreeEntry, fd: number): void {
  const now = fstatSync(fd, { bigint: true });
  const isSame =
    now.ino === stat.ino &&
    now.size === stat.size &&
    now.mtimeNs === stat.mtimeNs &&
    now.ctimeNs === stat.ctimeNs;
  if (!isSame) throw new ContextChangedError(path);
}

/** A file that changed while the clock stood still could change again without a new stamp. */
function isSettled({ stat: { mtimeNs, ctimeNs } }: TreeEntry, began: bigint): boolean {
  const isCoarse = mtimeNs % SECOND === 0n && ctimeNs % SECOND === 0n;
  const before = began - (isCoarse ? COARSE_TICK : TICK);
  return mtimeNs < before && ctimeNs < before;
}

function stampOf({ stat: { dev, ino, size, mtimeNs, ctimeNs } }: TreeEntry): FileStamp {
  return { dev, ino, size, mtimeNs, ctimeNs };
}

function stampText({ stat: { dev, ino, size, mtimeNs, ctimeNs } }: TreeEntry): string {
  return `${dev}:${ino}:${size}:${ctimeNs}:${mtimeNs}`;
}

/** Opens files below a root. Entries come directory by directory, so the last one stays open. */
class OpenDirectories implements Disposable {
  readonly #path: string;
  #root: number | undefined;
  #fd: number | undefined;
  #current: Uint8Array = Buffer.alloc(0);

  constructor(path: string) {
    this.#path = path;
  }

  open({ path }: TreeEntry): number {
    const name = baseOf(path);
    const parent = path.subarray(0, path.length - name.length);
    try {
      return openAt(this.#enter(parent), name, READ_PLAIN);
    } catch (error) {
      // What was a file is a socket or a device that nobody serves.
      throw unreadable(error, path);
    }
  }

  #enter(directory: Buffer): number {
    if (this.#fd !== undefined && directory.equals(this.#current)) return this.#fd;
    this.#root ??= openSync(this.#path, constants.O_RDONLY | constants.O_DIRECTORY);
    const fd = openInside(this.#root, directory, O_PATH | constants.O_DIRECTORY);
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = fd;
    this.#current = directory;
    return fd;
  }

  [Symbol.dispose](): void {
    for (const fd of [this.#fd, this.#root]) if (fd !== undefined) closeSync(fd);
    this.#fd = this.#root = undefined;
  }
}
