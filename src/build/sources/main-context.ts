import { mkdirSync } from 'node:fs';
import type { Bytes } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { Store } from '../../store/store.ts';
import { looksLikeArchive } from './sniff.ts';
import { unpackContext } from './tar-context.ts';
import { parseRemote, type HttpRef } from './remote.ts';
import type { GitRef } from './git-url.ts';
import type { RemoteSources } from './remote-sources.ts';

/** A build context that was fetched or unpacked. It lasts as long as the lease it was made under. */
export interface FetchedContext {
  /** A directory that only this build knows; empty where all there is is one file. */
  readonly directory: string;
  /** A stable name for it, for people and for finding earlier records. */
  readonly origin: string;
  /** When it was made, in seconds since the epoch, where that is known. */
  readonly time?: number;
  /** What came was no archive but this file in the store: as the main context, a Dockerfile. */
  readonly file?: string;
}

/** A context that is no local directory. */
export type ForeignContext =
  | { readonly tar: Bytes }
  | { readonly url: string }
  | { readonly git: GitRef };

/** What opening works with. */
export interface MainContextParts {
  readonly store: Store;
  readonly remotes: RemoteSources;
  /** A directory that does not exist yet, on the store's file system. */
  readonly scratch: string;
}

/**
 * Brings the main context of a build to this machine: an archive that comes as a stream, or what
 * a URL leads to (a git repository, an archive, a Dockerfile). Throws StaveErrors; what was
 * begun goes with the lease of `scratch`.
 */
export async function openMainContext(
  context: ForeignContext,
  parts: MainContextParts,
  call: CallOptions,
): Promise<FetchedContext> {
  const report = reporter(call.progress);
  if ('tar' in context) {
    using task = report.begin('[internal] load remote build context', { kind: 'internal' });
    mkdirSync(parts.scratch, { recursive: true, mode: 0o700 });
    await unpackContext(context.tar, parts.scratch, 'the build context', call);
    task.outcome = 'done';
    return { directory: parts.scratch, origin: '-' };
  }
  const ref = 'git' in context ? context.git : parseRemote(context.url);
  if (!ref && 'url' in context) {
    throw new InvalidInputError(`${JSON.stringify(context.url)} is neither a URL nor a repository`);
  }
  if (!ref) throw new TypeError('a context is read from somewhere');
  using task = report.begin(
    `[internal] load ${ref.kind === 'git' ? 'git source' : 'remote build context'} ${ref.shown}`,
    {
      kind: 'internal',
    },
  );
  if (ref.kind === 'http') {
    const found = await fromHttp(ref, parts, call);
    task.outcome = 'done';
    return found;
  }
  const { directory, time } = await parts.remotes.tree(ref, call);
  task.note((await parts.remotes.commit(ref, call)).commit);
  task.outcome = 'done';
  return { directory, origin: ref.shown, time };
}

async function fromHttp(
  ref: HttpRef,
  { store, remotes, scratch }: MainContextParts,
  call: CallOptions,
): Promise<FetchedContext> {
  const { digest, path, lastModified } = await remotes.file(ref, call);
  const time = lastModified === undefined ? {} : { time: Math.floor(lastModified / 1000) };
  mkdirSync(scratch, { recursive: true, mode: 0o700 });
  if (await looksLikeArchive(await store.blobs.open(digest))) {
    await unpackContext(await store.blobs.open(digest), scratch, ref.shown, call);
    return { directory: scratch, origin: ref.shown, ...time };
  }
  return { directory: scratch, origin: ref.shown, file: path, ...time };
}
