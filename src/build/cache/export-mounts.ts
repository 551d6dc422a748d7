import { promisify } from 'node:util';
import { once, type Bytes } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { LayerWatch } from '../../layer/layer-stream.ts';
import { digestOf } from '../../oci/digest.ts';
import { treeTar } from '../../snapshot/tree-tar.ts';
import type { StorePaths } from '../../store/paths.ts';
import type { Destination } from '../../transport/transport.ts';
import { listCacheMounts, lockCacheMount, type CacheMountInfo } from '../cache-mounts.ts';
import type { Outcome } from '../solver-parts.ts';
import { chunks } from './chunks.ts';
import { CacheMedia, NAME_LIMIT, type SharedMount } from './document.ts';

/** Which cache mounts travel with a cache. */
export interface MountSelection {
  /** Ids; absent for all that the build's steps name. */
  readonly ids?: readonly string[];
  /** Bytes on the disk that all of them may have; those used longest ago stay behind. */
  readonly most?: number;
}

/** What exporting mounts works with. */
export interface MountParts {
  readonly paths: StorePaths;
  readonly destination: Destination;
  /** Is shown the files of a mount before they are sent. */
  readonly watch?: (id: string) => LayerWatch | undefined;
}

/**
 * Sends the cache mounts that the steps of a build name: each as the tar of its files, cut
 * into pieces of which only those travel that the target has not. One that somebody uses, or
 * that does not fit, is left out with a line that says so.
 */
export async function exportMounts(
  selection: MountSelection,
  outcomes: readonly Outcome[],
  { paths, destination, watch }: MountParts,
  call: CallOptions,
): Promise<SharedMount[]> {
  const report = reporter(call.progress);
  const sent: SharedMount[] = [];
  let room = selection.most ?? Number.POSITIVE_INFINITY;
  for (const mount of selected(selection, outcomes, paths)) {
    const { id, bytes } = mount;
    using task = report.begin(`exporting cache mount ${id}`, { kind: 'internal' });
    if (bytes > room) {
      task.note(`left out: its ${bytes} bytes are more than mounts-max leaves`);
      task.outcome = 'canceled';
      continue;
    }
    using lock = lockCacheMount(mount);
    if (!lock) {
      task.note('left out: another build uses it');
      task.outcome = 'canceled';
      continue;
    }
    room -= bytes;
    const { shared, fresh } = await send(mount, destination, { ...call, watch: watch?.(id) });
    task.note(`${shared.size} bytes, ${fresh} of ${shared.chunks.length} pieces sent`);
    task.outcome = 'done';
    sent.push(shared);
  }
  return sent;
}

/** The mounts that are named and there, the last used first, each id once. */
function selected(
  { ids }: MountSelection,
  outcomes: readonly Outcome[],
  paths: StorePaths,
): CacheMountInfo[] {
  const named = new Set<string>();
  for (const { vertex } of outcomes) {
    if (vertex.op.kind !== 'exec') continue;
    for (const mount of vertex.op.mounts) {
      if (mount.type !== 'cache' || (ids && !ids.includes(mount.id))) continue;
      if (nameOf(mount).length <= NAME_LIMIT) named.add(nameOf(mount));
    }
  }
  const found = listCacheMounts(paths).sort((a, b) => b.lastUsedAt - a.lastUsedAt);
  return found.filter((mount) => named.delete(nameOf(mount)));
}

/** The name of a cache mount in a cache: its namespace and its id. */
export function nameOf({ namespace, id }: Pick<CacheMountInfo, 'namespace' | 'id'>): string {
  return `${namespace}\0${id}`;
}

async function send(
  mount: CacheMountInfo,
  destination: Destination,
  { watch, ...call }: CallOptions & { readonly watch: LayerWatch | undefined },
): Promise<{ readonly shared: SharedMount; readonly fresh: number }> {
  const compress = promisify(process.getBuiltinModule('node:zlib').zstdCompress);
  const all: Descriptor[] = [];
  let [size, fresh] = [0, 0];
  for await (const chunk of chunks(treeTar(mount.path, { ...call, watch }))) {
    call.signal?.throwIfAborted();
    const data = await compress(chunk);
    const blob = { mediaType: CacheMedia.mount, digest: digestOf(data), size: data.length };
    size += chunk.length;
    all.push(blob);
    if (await destination.has(blob, call)) continue;
    const reopen = (): Promise<Bytes> => Promise.resolve(once(data));
    await destination.put(blob, once(data), { ...call, reopen });
    fresh += 1;
  }
  return {
    shared: { id: nameOf(mount), size, usedAt: Math.round(mount.lastUsedAt), chunks: all },
    fresh,
  };
}
