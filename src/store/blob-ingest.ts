import { createHash, type Hash } from 'node:crypto';
import {
  closeSync,
  fdatasync,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
} from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { DigestMismatchError, InvalidInputError, isErrno } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import { encoded, digestOf, finish, parseDigest, type Digest } from '../oci/digest.ts';
import { writeAll } from '../sys/write-all.ts';
import { lockFile, type Lock } from '../sys/lock.ts';
import type { BlobInfo, BlobWriter, IngestOptions } from './blob-store.ts';
import { storeError, withStoreErrors } from './io-errors.ts';
import type { StorePaths } from './paths.ts';

const CHUNK = 1024 * 1024;
/** How often a second writer looks whether the first is gone, in milliseconds. */
const POLL = 20;

/** What an ingest needs of the blob store that it ends in. */
export interface IngestHost {
  readonly paths: StorePaths;
  /** Puts a finished, synced file under the name of its digest. */
  publish(file: string, info: BlobInfo): void;
}

/** Begins the names of what nobody can go on with. */
const ONCE = 'once-';

/** The file that the ingest called `key` is written to. */
export function ingestPath(paths: StorePaths, key: string): string {
  return `${paths.ingest}/${encoded(digestOf(key))}`;
}

/** Removes what killed writers left that nobody can go on with. */
export function removeDeadIngests(paths: StorePaths): void {
  for (const name of readdirSync(paths.ingest)) {
    if (!name.startsWith(ONCE)) continue;
    const path = `${paths.ingest}/${name}`;
    using lock = lockFile(path, { exclusive: true, wait: false });
    if (lock) rmSync(path, { force: true });
  }
}

/** Waits until nobody writes the ingest called `key`, and continues where the last one stopped. */
export async function openIngest(
  host: IngestHost,
  key: string,
  { signal, resumable = true, hash = true }: IngestOptions,
): Promise<BlobWriter> {
  const path = resumable
    ? ingestPath(host.paths, key)
    : `${host.paths.ingest}/${ONCE}${encoded(digestOf(key))}`;
  for (;;) {
    signal?.throwIfAborted();
    // Not waiting inside the call: the other writer may be in this very process.
    const lock = withStoreErrors(host.paths.root, () =>
      lockFile(path, { exclusive: true, wait: false }),
    );
    if (lock !== undefined) return resume(host, path, lock, { signal, resumable, hash });
    await delay(POLL, undefined, signal && { signal });
  }
}

async function resume(
  host: IngestHost,
  path: string,
  lock: Lock,
  {
    signal,
    resumable,
    hash: isHashed,
  }: {
    readonly signal: AbortSignal | undefined;
    readonly resumable: boolean;
    readonly hash: boolean;
  },
): Promise<BlobWriter> {
  const fd = openSync(path, 'r+');
  try {
    if (!resumable) ftruncateSync(fd);
    // Nobody has seen what is there already.
    const hash = isHashed || fstatSync(fd).size > 0 ? createHash('sha256') : undefined;
    const offset = hash && resumable ? await hashFile(fd, hash, Infinity, signal) : 0;
    return new IngestWriter(host, path, lock, { fd, hash, offset, resumable });
  } catch (error) {
    closeSync(fd);
    lock[Symbol.dispose]();
    throw error;
  }
}

/** Hashes the first bytes of a file, `size` at most. Returns how many there were. */
async function hashFile(
  fd: number,
  hash: Hash,
  size: number,
  signal?: AbortSignal,
): Promise<number> {
  const breathe = breather();
  const chunk = Buffer.allocUnsafe(Math.min(CHUNK, size, fstatSync(fd).size));
  for (let at = 0; ;) {
    signal?.throwIfAborted();
    const count = readSync(fd, chunk, 0, Math.min(chunk.length, size - at), at);
    if (count === 0) return at;
    hash.update(chunk.subarray(0, count));
    at += count;
    await breathe();
  }
}

class IngestWriter implements BlobWriter {
  readonly #host: IngestHost;
  readonly #path: string;
  readonly #lock: Lock;
  readonly #hash: Hash | undefined;
  readonly #fd: number;
  readonly #breathe = breather();
  readonly #resumable: boolean;
  #offset: number;
  #open = true;

  constructor(
    host: IngestHost,
    path: string,
    lock: Lock,
    at: {
      readonly fd: number;
      readonly hash: Hash | undefined;
      readonly offset: number;
      readonly resumable: boolean;
    },
  ) {
    this.#resumable = at.resumable;
    this.#host = host;
    this.#path = path;
    this.#lock = lock;
    this.#fd = at.fd;
    this.#hash = at.hash;
    this.#offset = at.offset;
  }

  get offset(): number {
    return this.#offset;
  }

  async write(chunk: Uint8Array): Promise<void> {
    this.#assertOpen();
    try {
      writeAll(this.#fd, chunk, this.#offset);
    } catch (error) {
      // What was written would keep the disk full.
      if (isErrno(error, 'ENOSPC', 'EDQUOT')) this.#close({ keep: false });
      throw storeError(this.#host.paths.root, error);
    }
    this.#hash?.update(chunk);
    this.#offset += chunk.length;
    await this.#breathe();
  }

  async commit(expected: Partial<BlobInfo> = {}, known?: Digest): Promise<BlobInfo> {
    this.#assertOpen();
    try {
      const info = { digest: await this.#digest(expected.digest, known), size: this.#offset };
      this.#check(info, expected);
      await promisify(fdatasync)(this.#fd);
      this.#host.publish(this.#path, info);
      this.#close({ keep: true });
      return info;
    } catch (error) {
      // Wrong bytes would be wrong again; and after a failed sync nobody knows what is on disk.
      this.#close({ keep: false });
      throw storeError(this.#host.paths.root, error);
    }
  }

  async discard(): Promise<void> {
    this.#close({ keep: false });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close({ keep: this.#resumable && this.#offset > 0 });
  }

  /** The digest in the algorithm that is asked for. Only SHA-256 is at hand without reading again. */
  async #digest(expected: Digest | undefined, known: Digest | undefined): Promise<Digest> {
    const algorithm = expected?.startsWith('sha512:') === true ? 'sha512' : 'sha256';
    if (algorithm === 'sha256' && this.#hash) return finish(this.#hash);
    if (known?.startsWith(`${algorithm}:`) === true) return known;
    const hash = createHash(algorithm);
    await hashFile(this.#fd, hash, this.#offset);
    return parseDigest(`${algorithm}:${hash.digest('hex')}`);
  }

  #check(info: BlobInfo, expected: Partial<BlobInfo>): void {
    if (expected.size !== undefined && expected.size !== info.size) {
      throw new InvalidInputError(
        `a blob has ${info.size} bytes where ${expected.size} were announced`,
      );
    }
    if (expected.digest !== undefined && expected.digest !== info.digest) {
      throw new DigestMismatchError(expected.digest, info.digest, 'the source');
    }
  }

  /** Removing comes before unlocking: the next writer must not find what is to go. */
  #close({ keep }: { readonly keep: boolean }): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    if (!keep) rmSync(this.#path, { force: true });
    this.#lock[Symbol.dispose]();
  }

  #assertOpen(): void {
    if (!this.#open) throw new Error('this blob writer is closed');
  }
}

/** Makes the names in a directory durable. */
export function syncDirectory(path: string): void {
  const fd = openSync(path, 'r');
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}
