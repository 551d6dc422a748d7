import { constants, openSync } from 'node:fs';
import type { DiffId, Digest } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { getXattrs } from '../../sys/xattr.ts';
import { contextTree } from './context.ts';
import { DigestIndex } from './digest-index.ts';
import { hashOpenFile } from '../../snapshot/hash-file.ts';
import type { Source, TreeEntry } from './tree.ts';

/** Beyond so many bytes of files a layer's table is read instead of its files. */
const READ_AT_MOST = 4 * 1024 * 1024;
/** Digests of files from this size on are kept, in bytes, and so many of them. */
const WORTH_KEEPING = 64n * 1024n;
const KEPT_AT_MOST = 10_000;

/** A stage or an image as a source for COPY: owners are kept, digests come from the file tables. */
export function stackSource(snapshotter: Snapshotter, layers: readonly DiffId[]): Source {
  const indexes = new Map<DiffId, DigestIndex>();
  let read = 0;
  const indexOf = (layer: DiffId): DigestIndex => {
    let index = indexes.get(layer);
    if (!index) {
      let count = 0;
      for (const _ of snapshotter.files(layer)) count += 1;
      index = new DigestIndex(snapshotter.files(layer), count);
      indexes.set(layer, index);
    }
    return index;
  };
  return {
    tree: snapshotter.view(layers),
    keepOwners: true,
    contentDigest(entry) {
      const { layer } = entry;
      // One small binary out of a large layer is hashed before its table is read.
      if (
        layer &&
        (indexes.has(layer) || (read += Number(entry.stat.size) + 4096) > READ_AT_MOST)
      ) {
        const known = indexOf(layer).get(entry.path.subarray(1));
        if (known) return known;
      }
      // Hard links beyond the first have no digest in the table.
      return hashOpenFile(openPlain(entry));
    },
    // Layers never change, and nobody but the store's owner reaches them.
    open: openPlain,
    xattrs: travelling,
  };
}

/** Attributes of a file in a layer, without those that belong to overlayfs. */
export function travelling(entry: Pick<TreeEntry, 'file'>): ReadonlyMap<string, Buffer> {
  const all = getXattrs(entry.file);
  if (all.size === 0) return all;
  return new Map(
    [...all].filter(
      ([name]) => !/^(?:trusted|user)\.overlay\./.test(name) && name !== 'security.selinux',
    ),
  );
}

/**
 * A directory that this process made and nobody else reaches, as a source: what was unpacked
 * or checked out. Without `owners` everything is root's.
 */
export function privateSource(root: string, options: { readonly owners: boolean }): Source {
  // A key asks for it first, and later the layer: large files are read once for both.
  const known = new Map<bigint, Digest>();
  const digestOf = (entry: TreeEntry): Digest => {
    const { ino, size } = entry.stat;
    let digest = known.get(ino);
    if (digest) return digest;
    digest = hashOpenFile(openPlain(entry));
    if (size >= WORTH_KEEPING && known.size < KEPT_AT_MOST) known.set(ino, digest);
    return digest;
  };
  return {
    tree: contextTree(root, undefined),
    keepOwners: options.owners,
    contentDigest: digestOf,
    open: openPlain,
    xattrs: travelling,
  };
}

function openPlain(entry: TreeEntry): number {
  return openSync(entry.file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}
