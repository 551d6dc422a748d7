import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  type Stats,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { isErrno } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { randomHex } from '../sys/random.ts';
import { syncPath } from './durable.ts';
import type { RegistryPaths } from './paths.ts';
import { readPieces } from './read-pieces.ts';
import type { OpenBlob } from './storage.ts';

/** How exactly it is known when a content was last asked for, in milliseconds. */
const USE_STEP = 10 * 60 * 1000;

/**
 * The contents of a registry: each once, and as hard links where a repository has it. The time of
 * a file's last change is when somebody last showed that the content is of use.
 */
export class Content {
  readonly #paths: RegistryPaths;
  readonly #clock: Clock;
  /** How many are about to give a content to a repository. */
  readonly #held = new Map<Digest, number>();

  constructor(paths: RegistryPaths, clock: Clock) {
    this.#paths = paths;
    this.#clock = clock;
  }

  /** The size of a content that a repository has. */
  size(repository: string, digest: Digest): number | undefined {
    return statSync(this.#paths.blob(repository, digest), { throwIfNoEntry: false })?.size;
  }

  /** The same for a client, who will count on it. */
  asked(repository: string, digest: Digest): number | undefined {
    const path = this.#paths.blob(repository, digest);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat) this.#touch(path, stat);
    return stat?.size;
  }

  open(repository: string, digest: Digest): OpenBlob | undefined {
    const path = this.#paths.blob(repository, digest);
    let fd: number;
    try {
      fd = openSync(path, 'r');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    const stat = fstatSync(fd);
    this.#touch(path, stat);
    return opened(fd, stat.size);
  }

  /** It was needed until now. */
  released(repository: string, digest: Digest): void {
    const path = this.#paths.blob(repository, digest);
    const stat = statSync(path, { throwIfNoEntry: false });
    if (stat) this.#touch(path, stat);
  }

  /** Until it is disposed of, no collection takes a content away that no repository has. */
  hold(digest: Digest): Disposable {
    this.#held.set(digest, (this.#held.get(digest) ?? 0) + 1);
    return {
      [Symbol.dispose]: () => {
        const left = (this.#held.get(digest) ?? 0) - 1;
        if (left > 0) this.#held.set(digest, left);
        else this.#held.delete(digest);
      },
    };
  }

  isHeld(digest: Digest): boolean {
    return this.#held.has(digest);
  }

  /** True when some repository has it. What none has is on its way out. */
  isUsed(digest: Digest): boolean {
    return this.holders(digest) > 0;
  }

  /** How many repositories have it. */
  holders(digest: Digest): number {
    const stat = statSync(this.#paths.pool(digest), { throwIfNoEntry: false });
    return stat ? stat.nlink - 1 : 0;
  }

  /** True when the bytes are here, verified and on the disk. */
  isKnown(digest: Digest): boolean {
    return existsSync(this.#paths.pool(digest));
  }

  /** Gives a repository the file at `path`, whose bytes are verified and on the disk. */
  async commit(path: string, repository: string, digest: Digest): Promise<void> {
    using _ = this.hold(digest);
    this.#link(path, this.#paths.pool(digest));
    await this.link(repository, digest);
  }

  /** Writes bytes that hash to the digest. */
  async write(repository: string, digest: Digest, body: Uint8Array): Promise<void> {
    using _ = this.hold(digest);
    if (this.isKnown(digest)) {
      await this.link(repository, digest);
      return;
    }
    const path = join(this.#paths.uploads, `new-${randomHex(16)}`);
    try {
      writeFileSync(path, body, { mode: 0o644 });
      await syncPath(path);
      await this.commit(path, repository, digest);
    } finally {
      rmSync(path, { force: true });
    }
  }

  /** Gives a repository a content that is here. On disk when it returns. */
  async link(repository: string, digest: Digest): Promise<void> {
    using _ = this.hold(digest);
    const target = this.#paths.blob(repository, digest);
    try {
      this.#link(this.#paths.pool(digest), target);
    } catch (error) {
      if (!isErrno(error, 'EMLINK')) throw error;
      await this.#renew(digest);
      this.#link(this.#paths.pool(digest), target);
    }
    this.released(repository, digest);
    await syncPath(dirname(target));
  }

  /** Takes a content away from a repository. False when it had none. */
  unlink(repository: string, digest: Digest): boolean {
    const path = this.#paths.blob(repository, digest);
    const was = existsSync(path);
    rmSync(path, { force: true });
    return was;
  }

  #touch(path: string, { mtimeMs }: Stats): void {
    const now = this.#clock.now();
    if (mtimeMs > now.getTime() - USE_STEP) return;
    try {
      utimesSync(path, now, now);
    } catch (error) {
      // Files of another user can be served; the grace then counts from their last upload.
      if (!isErrno(error, 'ENOENT', 'EPERM', 'EACCES', 'EROFS')) throw error;
    }
  }

  /** False when there is something already. */
  #link(from: string, to: string): boolean {
    for (let tries = 0; ; tries += 1) {
      try {
        linkSync(from, to);
        return true;
      } catch (error) {
        if (isErrno(error, 'EEXIST')) return false;
        if (!isErrno(error, 'ENOENT') || tries > 0) throw error;
        mkdirSync(dirname(to), { recursive: true });
      }
    }
  }

  /** A file has as many links as the file system allows: those to come go to a copy. */
  async #renew(digest: Digest): Promise<void> {
    const target = this.#paths.pool(digest);
    const copy = join(this.#paths.uploads, `new-${randomHex(16)}`);
    copyFileSync(target, copy);
    await syncPath(copy);
    renameSync(copy, target);
  }
}

function opened(fd: number, size: number): OpenBlob {
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return { size, read: (start, end) => readPieces(fd, start, end, close), close };
}
