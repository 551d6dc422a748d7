import { constants, openSync } from 'node:fs';
import type { Digest, DiffId } from '../../oci/digest.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { getXattrs } from '../../sys/xattr.ts';
import { contextTree } from './context.ts';
import { hashFile } from './hash-file.ts';
import type { Source, TreeEntry } from './tree.ts';

/** A stage or an image as a source for COPY: owners are kept, digests come from the file tables. */
export function stackSource(snapshotter: Snapshotter, layers: readonly DiffId[]): Source {
  const tables = new Map<DiffId, Map<string, Digest>>();
  const tableOf = (layer: DiffId): Map<string, Digest> => {
    let table = tables.get(layer);
    if (!table) {
      table = new Map();
      for (const row of snapshotter.files(layer)) {
        if (row.digest) table.set(Buffer.from(row.path).toString('latin1'), row.digest);
      }
      tables.set(layer, table);
    }
    return table;
  };
  return {
    tree: snapshotter.view(layers),
    keepOwners: true,
    // Hard links beyond the first have no digest in the table: their content is read.
    contentDigest: (entry) =>
      (entry.layer && tableOf(entry.layer).get(entry.path.toString('latin1').slice(1))) ??
      hashFile(openPlain(entry)),
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

/** A directory that this process made, as a source: what ADD unpacked. */
export function directorySource(root: string): Source {
  return {
    tree: contextTree(root, { ignored: () => false, mayContainIncluded: () => true }),
    keepOwners: true,
    contentDigest: (entry) => hashFile(openPlain(entry)),
    open: openPlain,
    xattrs: travelling,
  };
}

function openPlain(entry: TreeEntry): number {
  return openSync(entry.file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
}
