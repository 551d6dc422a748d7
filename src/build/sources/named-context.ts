import { chmodSync, constants, copyFileSync, mkdirSync } from 'node:fs';
import type { CallOptions } from '../../base/progress.ts';
import type { Lease, Store } from '../../store/store.ts';
import { privateSource } from '../copy/stack-source.ts';
import type { Source } from '../copy/tree.ts';
import { setTimes } from '../../sys/times.ts';
import { openMainContext } from './main-context.ts';
import { parseRemote } from './remote.ts';
import type { RemoteSources } from './remote-sources.ts';

/** What opening works with. */
export interface NamedContextParts {
  readonly store: Store;
  readonly remotes: RemoteSources;
  readonly lease: () => Lease;
}

/**
 * A named context that lies elsewhere: the tree of a repository, what is in an archive, or
 * another file, which keeps its name.
 */
export async function openNamedContext(
  name: string,
  url: string,
  { store, remotes, lease }: NamedContextParts,
  call: CallOptions,
): Promise<Source> {
  const scratch = `${lease().directory}/context-${Buffer.from(name).toString('hex').slice(0, 200)}`;
  const opened = await openMainContext({ url }, { store, remotes, scratch }, call);
  const ref = parseRemote(url);
  if (opened.file && ref?.kind === 'http') {
    mkdirSync(opened.directory, { recursive: true });
    const path = `${opened.directory}/${ref.name}`;
    copyFileSync(opened.file, path, constants.COPYFILE_FICLONE);
    chmodSync(path, 0o600);
    setTimes(path, BigInt(opened.time ?? 0) * 1_000_000_000n);
  }
  return privateSource(opened.directory, { owners: false });
}
