import { createHash, randomBytes } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isErrno } from '../base/errors.ts';
import type { StorePaths } from '../store/paths.ts';
import { lockFile, type Lock } from '../sys/lock.ts';
import { joined } from '../snapshot/names.ts';

/*
 * Below the store's directory for them:
 *
 *     <sha256 of namespace and id>/<n>/lock          held by those who use it
 *     <sha256 of namespace and id>/<n>/about.json    namespace and id
 *     <sha256 of namespace and id>/<n>/fs            what is mounted
 *
 * There is a second instance only where `sharing=private` found the first one in use. A lock
 * is the kernel's: it ends with the process that holds it.
 */

const FS = 'fs';
const LOCK = 'lock';
const ABOUT = 'about.json';
const NEW = 'new-';
const INSTANCE = /^\d{1,9}$/;
const HASH = /^[0-9a-f]{64}$/;
/** Milliseconds between two looks at a lock that somebody else holds. */
const FIRST_WAIT = 2;
const LONGEST_WAIT = 50;

/** One instance of a cache of `RUN --mount=type=cache`. */
export interface CacheMountInfo {
  readonly id: string;
  /** As BUILDKIT_CACHE_MOUNT_NS had it; usually empty. */
  readonly namespace: string;
  /** The directory that is mounted. */
  readonly path: string;
  /** Disk space, hard links counted once. */
  readonly bytes: number;
  /** Milliseconds since the epoch. */
  readonly lastUsedAt: number;
  readonly inUse: boolean;
}

/** Which cache, and how it is to be held. */
export interface CacheMountRequest {
  readonly id: string;
  readonly namespace: string;
  /** `private` takes an instance that nobody uses, `locked` waits for the others to end. */
  readonly sharing: 'shared' | 'private' | 'locked';
  /** Fills a new one, given as an empty directory of mode 0700. */
  readonly fill: (directory: string) => Promise<void>;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Called once when somebody else's use has to end first. */
  readonly waiting?: () => void;
  readonly signal?: AbortSignal | undefined;
}

/** A cache that is held until the scope is left. */
export interface HeldCacheMount extends Disposable {
  readonly path: string;
}

/** Takes a cache, which is made if there is none. Throws the reason of `signal`. */
export async function holdCacheMount(
  paths: StorePaths,
  request: CacheMountRequest,
): Promise<HeldCacheMount> {
  const directory = join(paths.cacheMounts, hashOf(request.namespace, request.id));
  let pause = 0;
  for (;;) {
    request.signal?.throwIfAborted();
    const held = await take(directory, request);
    if (held) return held;
    if (pause === 0) request.waiting?.();
    pause = Math.min(Math.max(FIRST_WAIT, pause * 2), LONGEST_WAIT);
    await sleep(pause, undefined, request.signal && { signal: request.signal });
  }
}

/** All caches of a store, sizes and all: a large one takes time. */
export function listCacheMounts(paths: StorePaths): CacheMountInfo[] {
  return instancesIn(paths.cacheMounts).flatMap((instance): CacheMountInfo[] => {
    const path = join(instance, FS);
    const about = aboutOf(instance);
    const used = lstatSync(join(instance, LOCK), { throwIfNoEntry: false });
    if (!about || !used || !isThere(path)) return [];
    using free = lockFile(join(instance, LOCK), { exclusive: true, wait: false });
    const bytes = spaceOf(Buffer.from(path), new Set());
    return [{ ...about, path, bytes, lastUsedAt: used.mtimeMs, inUse: free === undefined }];
  });
}

/** Holds a cache against everybody else; undefined where somebody uses it, or it is gone. */
export function lockCacheMount({ path }: Pick<CacheMountInfo, 'path'>): Lock | undefined {
  return isThere(path)
    ? lockFile(join(path, '..', LOCK), { exclusive: true, wait: false })
    : undefined;
}

/** Moves a cache to the store's trash. False where it is in use, or gone already. */
export function removeCacheMount(
  paths: StorePaths,
  { path }: Pick<CacheMountInfo, 'path'>,
): boolean {
  const instance = join(path, '..');
  try {
    using lock = lockFile(join(instance, LOCK), { exclusive: true, wait: false });
    if (!lock) return false;
    // Whoever waits for the lock finds it gone with the directory, and begins anew.
    renameSync(instance, join(paths.trash, `cache-${randomBytes(8).toString('hex')}`));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false;
    throw error;
  }
  quietly(() => rmdirSync(join(instance, '..')));
  return true;
}

async function take(
  directory: string,
  request: CacheMountRequest,
): Promise<HeldCacheMount | undefined> {
  for (let n = 0; n === 0 || request.sharing === 'private'; n++) {
    const instance = join(directory, String(n));
    const lock = tryLock(instance, request);
    if (!lock) continue;
    using scope = new DisposableStack();
    scope.use(lock);
    const path = join(instance, FS);
    if (!isThere(path)) await make(instance, request);
    utimesSync(lock.path, request.now / 1000, request.now / 1000);
    // A new one is made under a lock against all: it is taken again as the others take it.
    if (request.sharing === 'shared' && lock.exclusive) {
      n -= 1;
      continue;
    }
    const held = scope.move();
    return { path, [Symbol.dispose]: () => held.dispose() };
  }
  return undefined;
}

function tryLock(
  instance: string,
  { sharing }: CacheMountRequest,
): (Lock & { readonly exclusive: boolean }) | undefined {
  for (;;) {
    try {
      mkdirSync(instance, { recursive: true, mode: 0o700 });
      const exclusive = sharing !== 'shared' || !isThere(join(instance, FS));
      const lock = lockFile(join(instance, LOCK), { exclusive, wait: false });
      return lock && { ...lock, exclusive };
    } catch (error) {
      // It was removed meanwhile.
      if (!isErrno(error, 'ENOENT')) throw error;
    }
  }
}

/** Fills a new instance and only then gives it its name; what a killed process left goes first. */
async function make(instance: string, request: CacheMountRequest): Promise<void> {
  const { id, namespace } = request;
  for (const name of namesIn(instance).filter((one) => one.startsWith(NEW))) {
    rmSync(join(instance, name), { recursive: true });
  }
  writeFileSync(join(instance, ABOUT), JSON.stringify({ id, namespace }), { mode: 0o600 });
  const fresh = join(instance, NEW + randomBytes(6).toString('hex'));
  mkdirSync(fresh, { mode: 0o700 });
  await request.fill(fresh);
  renameSync(fresh, join(instance, FS));
}

function hashOf(namespace: string, id: string): string {
  return createHash('sha256').update(namespace).update('\0').update(id).digest('hex');
}

function instancesIn(directory: string): string[] {
  return namesIn(directory)
    .filter((name) => HASH.test(name))
    .flatMap((name) =>
      namesIn(join(directory, name))
        .filter((instance) => INSTANCE.test(instance))
        .map((instance) => join(directory, name, instance)),
    );
}

function aboutOf(instance: string): { id: string; namespace: string } | undefined {
  try {
    const about = JSON.parse(readFileSync(join(instance, ABOUT), 'utf8')) as Record<
      string,
      unknown
    >;
    return { id: String(about['id']), namespace: String(about['namespace']) };
  } catch (error) {
    if (isErrno(error, 'ENOENT') || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** In bytes. Links are not followed; what vanishes meanwhile counts for nothing. */
function spaceOf(path: Buffer, seen: Set<bigint>): number {
  const stat = lstatSync(path, { bigint: true, throwIfNoEntry: false });
  if (!stat) return 0;
  if (!stat.isDirectory() && stat.nlink > 1n) {
    if (seen.has(stat.ino)) return 0;
    seen.add(stat.ino);
  }
  const own = Number(stat.blocks) * 512;
  if (!stat.isDirectory()) return own;
  return namesIn(path, 'latin1').reduce(
    (sum, name) => sum + spaceOf(joined(path, Buffer.from(name, 'latin1')), seen),
    own,
  );
}

function namesIn(directory: string | Buffer, encoding: BufferEncoding = 'utf8'): string[] {
  try {
    return readdirSync(directory, encoding);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}

function isThere(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

function quietly(remove: () => void): void {
  try {
    remove();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ENOTEMPTY')) throw error;
  }
}
