import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { baseOf } from '../../snapshot/names.ts';
import { selectionsOf } from '../copy/parents.ts';
import type { Exclude } from '../copy/select.ts';
import { joinPath, type Source, type TreeEntry } from '../copy/tree.ts';
import type { Vertex } from '../graph.ts';
import { mountedContext, reading, sourceEntry } from '../mounts/facts.ts';
import { excludeOf, type Contexts } from '../ops/recipe.ts';
import { verticesOf } from '../vertices.ts';

const SECOND = 1_000_000_000n;

/**
 * When the newest file was changed that a build takes from its contexts, in seconds since the
 * epoch; undefined when it takes none.
 */
export async function newestFile(
  targets: readonly (Vertex | undefined)[],
  contexts: Contexts,
  call: CallOptions,
): Promise<number | undefined> {
  let newest: bigint | undefined;
  const look = ({ kind, stat }: TreeEntry): void => {
    if (kind === 'file' && (newest === undefined || stat.mtimeNs > newest)) newest = stat.mtimeNs;
  };
  for (const { op } of verticesOf(targets)) {
    call.signal?.throwIfAborted();
    if (op.kind === 'exec') {
      for (const mount of reading(op.mounts, 'context')) {
        const source = await mountedContext(contexts, mount.origin.name, mount.source);
        const entry = source && sourceEntry(source, mount.source);
        if (!entry) continue;
        look(entry);
        if (entry.kind === 'directory') await walk(source, entry, undefined, look);
      }
    }
    if (op.kind !== 'copy' || op.from !== 'context') continue;
    const source = await contexts(op.context);
    const exclude = excludeOf(op);
    for (const path of source ? op.paths : []) {
      for (const selection of selectionsOf(source!, path, { parents: op.parents, exclude })) {
        for (const { entry } of selection.selected) {
          look(entry);
          if (entry.kind === 'directory') await walk(selection.source, entry, exclude, look);
        }
      }
    }
  }
  return newest === undefined ? undefined : Number(newest / SECOND);
}

async function walk(
  source: Source,
  top: TreeEntry,
  exclude: Exclude | undefined,
  look: (entry: TreeEntry) => void,
): Promise<void> {
  const breathe = breather();
  const below = async (directory: TreeEntry, relative: Buffer): Promise<void> => {
    await breathe();
    for (const child of source.tree.list(directory)) {
      const base = baseOf(child.path);
      const name = relative.length === 0 ? base : joinPath(relative, base);
      const isDirectory = child.kind === 'directory';
      if (exclude?.(name.toString(), isDirectory) === true) continue;
      look(child);
      if (isDirectory) await below(child, name);
    }
  };
  await below(top, Buffer.alloc(0));
}
