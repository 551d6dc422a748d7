import { chmodSync, closeSync, constants } from 'node:fs';
import { isErrno } from '../../base/errors.ts';
import { InsideRoot } from '../../sys/inside.ts';
import { holdCacheMount } from '../cache-mounts.ts';
import { planCopy } from '../copy/fill.ts';
import { metadataOf } from '../copy/plan.ts';
import { stackSource } from '../copy/stack-source.ts';
import type { Source } from '../copy/tree.ts';
import { writePlan } from '../copy/write.ts';
import { SourceNotFoundError } from '../errors.ts';
import type { CacheMount } from '../exec-mount.ts';
import { newPlan } from '../ops/copy.ts';
import { mountedContext, sourceEntry } from './facts.ts';
import type { MountSetting } from './mounts.ts';
import type { MadeMount } from './parts.ts';
import { lchown } from '../../sys/owner.ts';

/**
 * Holds the caches of a step until `scope` is left. Always in the same order, so that no two
 * steps wait for each other; a cache that is mounted twice is held once.
 */
export async function holdCaches(
  mounts: readonly CacheMount[],
  setting: MountSetting,
  scope: AsyncDisposableStack,
): Promise<ReadonlyMap<CacheMount, MadeMount>> {
  const keyOf = ({ namespace, id }: CacheMount): string => `${namespace}\0${id}`;
  const keys = [...new Set(mounts.map(keyOf))].sort();
  const made = new Map<CacheMount, MadeMount>();
  for (const key of keys) {
    const same = mounts.filter((mount) => keyOf(mount) === key);
    // The one that asks for most decides.
    const first =
      same.find(({ sharing }) => sharing === 'locked') ??
      same.find(({ sharing }) => sharing === 'private') ??
      same[0]!;
    const { path } = await hold(first, setting, scope);
    for (const mount of same) made.set(mount, partOf(mount, path));
  }
  return made;
}

async function hold(
  mount: CacheMount,
  { paths, parts, task, call }: MountSetting,
  scope: AsyncDisposableStack,
): Promise<{ readonly path: string }> {
  const { id, namespace, sharing } = mount;
  const held = await holdCacheMount(paths, {
    id,
    namespace,
    sharing,
    now: Number(parts.now() / 1_000_000n),
    signal: call.signal,
    waiting: () => task.note(`waits for the cache mount ${id}`),
    fill: async (directory) => {
      const restored = await parts.restoreMount?.(mount, directory, call);
      const like = restored === true ? undefined : await seed(mount, directory, parts, call);
      lchown(directory, like?.uid ?? mount.uid, like?.gid ?? mount.gid);
      chmodSync(directory, (like?.mode ?? mount.mode) & 0o7777);
    },
  });
  return scope.use(held);
}

/** Puts in what a new cache begins with, and says whose that directory was: the cache becomes its like. */
async function seed(
  mount: CacheMount,
  directory: string,
  parts: MountSetting['parts'],
  call: MountSetting['call'],
): Promise<Pick<CacheMount, 'uid' | 'gid' | 'mode'> | undefined> {
  const source = await originOf(mount, parts);
  const entry = source && sourceEntry(source, mount.source);
  if (!source || !entry) return undefined;
  if (entry.kind !== 'directory') throw new SourceNotFoundError(mount.source, NOT_A_DIRECTORY);
  const rules = { now: parts.now() };
  const plan = newPlan(parts.snapshotter.view([]), rules, undefined);
  planCopy(plan, source, [{ entry, name: Buffer.alloc(0) }], '/', rules);
  await writePlan(plan, directory, undefined, call);
  const { uid, gid, mode } = metadataOf(entry);
  return source.keepOwners ? { uid, gid, mode } : { uid: 0, gid: 0, mode };
}

const NOT_A_DIRECTORY = 'A cache mount begins with a directory.';

async function originOf(
  { origin, source }: CacheMount,
  parts: MountSetting['parts'],
): Promise<Source | undefined> {
  switch (origin.kind) {
    case 'context':
      return mountedContext(parts.contexts, origin.name, source);
    case 'input':
      return stackSource(parts.snapshotter, parts.inputs[origin.index]?.layers ?? []);
    default:
      return undefined;
  }
}

/** All of a cache, or the part that `source` names in a cache that begins empty. */
function partOf({ origin, source, readonly: isReadonly }: CacheMount, path: string): MadeMount {
  const kind = 'directory';
  if (origin.kind !== 'empty' || source === '/') {
    return { spec: { type: 'bind', source: path, readonly: isReadonly }, kind };
  }
  const inside = Buffer.from(source.slice(1));
  checkPart(path, inside, source);
  // Whoever shares the cache may put a link there at any time.
  const part = { kind: 'directory', root: path, path: inside, file: false } as const;
  return { spec: { type: 'prepared', source: part, readonly: isReadonly }, kind };
}

function checkPart(root: string, inside: Buffer, source: string): void {
  using directory = new InsideRoot(root);
  try {
    closeSync(directory.open(inside, constants.O_RDONLY | constants.O_DIRECTORY));
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
    throw new SourceNotFoundError(source, 'The cache mount has no such directory.');
  }
}
