import { readdirSync } from 'node:fs';
import { breather } from '../../base/limit.ts';
import { baseOf } from '../../snapshot/names.ts';
import type { Source, TreeEntry } from '../copy/tree.ts';

/** What stands between a directory of a context and showing it as it is. */
export interface Survey {
  /** What the disk has in a directory and the context does not. */
  readonly hidden: readonly { readonly directory: TreeEntry; readonly names: readonly Buffer[] }[];
  /** Owners, file systems and kinds of files are as a copy of the context would have them. */
  readonly faithful: boolean;
}

/**
 * Compares what the disk has with what the context has. A socket is not part of a context:
 * whoever listens there is not part of the build.
 */
export async function survey(source: Source, top: TreeEntry): Promise<Survey> {
  const hidden: Survey['hidden'][number][] = [];
  const breathe = breather();
  const walk = async (directory: TreeEntry): Promise<boolean> => {
    await breathe();
    const entries = source.tree.list(directory).filter(({ kind }) => kind !== 'socket');
    if (!entries.every((entry) => isFaithful(entry, top))) return false;
    const visible = new Set(entries.map(({ path }) => baseOf(path).toString('latin1')));
    const names = readdirSync(directory.file, 'latin1').filter((name) => !visible.has(name));
    if (names.length > 0) {
      hidden.push({ directory, names: names.map((name) => Buffer.from(name, 'latin1')) });
    }
    for (const entry of entries) {
      if (entry.kind === 'directory' && !(await walk(entry))) return false;
    }
    return true;
  };
  // The context's own directory is shown with an owner and a mode of its own.
  const own = top.path.length === 1 || isFaithful(top, top);
  return { faithful: own && (await walk(top)), hidden };
}

function isFaithful({ kind, stat }: TreeEntry, top: TreeEntry): boolean {
  return (
    stat.uid === 0n &&
    stat.gid === 0n &&
    stat.dev === top.stat.dev &&
    (kind === 'file' || kind === 'directory' || kind === 'symlink')
  );
}
