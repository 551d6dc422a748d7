import { breather } from '../../base/limit.ts';
import type { CallOptions } from '../../base/progress.ts';
import { selectionsOf } from '../copy/parents.ts';
import type { Exclude } from '../copy/select.ts';
import type { Source, TreeEntry } from '../copy/tree.ts';
import { entriesBelow } from '../copy/walk-tree.ts';
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
        if (entry) await walk(source, entry, undefined, look);
      }
    }
    if (op.kind !== 'copy' || op.from !== 'context') continue;
    const source = await contexts(op.context);
    const exclude = excludeOf(op);
    for (const path of source ? op.paths : []) {
      for (const selection of selectionsOf(source!, path, { parents: op.parents, exclude })) {
        for (const { entry } of selection.selected) {
          await walk(selection.source, entry, exclude, look);
        }
      }
    }
  }
  return newest === undefined ? undefined : Number(newest / SECOND);
}

async function walk(
  { tree }: Source,
  top: TreeEntry,
  exclude: Exclude | undefined,
  look: (entry: TreeEntry) => void,
): Promise<void> {
  const breathe = breather();
  for (const entry of entriesBelow(tree, top, exclude)) {
    look(entry);
    await breathe();
  }
}
