import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  linkSync,
  mkdirSync,
  openSync,
  read,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import type { Bytes } from '../base/bytes.ts';
import { isErrno } from '../base/errors.ts';
import type { Digest } from '../oci/digest.ts';
import { randomHex } from '../sys/random.ts';
import { syncPath } from './durable.ts';
import type { RegistryPaths } from './paths.ts';
import type { OpenBlob } from './storage.ts';

const PIECE = 256 * 1024;
/** So little is read at once: to hand it to another thread takes longer. */
const SHORT = 64 * 1024;
const readFd = promisify(read);

/** The contents of a registry: each once, and as hard links where a repository has it. */
export class Content {
  readonly #paths: RegistryPaths;

  constructor(paths: RegistryPaths) {
    this.#paths = paths;
  }

  /** The size of a content that a repository has. */
  size(repository: string, digest: Digest): number | undefined {
    return statSync(this.#paths.blob(repository, digest), { throwIfNoEntry: false })?.size;
  }

  open(repository: string, digest: Digest): OpenBlob | undefined {
    let fd: number;
    try {
      fd = openSync(this.#paths.blob(repository, digest), 'r');
    } catch (error) {
      if (isErrno(error, 'ENOENT')) return undefined;
      throw error;
    }
    return opened(fd);
  }

  /** True when some repository has it. What none has is on its way out. */
  isUsed(digest: Digest): boolean {
    return (statSync(this.#paths.pool(digest), { throwIfNoEntry: false })?.nlink ?? 0) > 1;
  }

  /** True when the bytes are here, verified and on the disk. */
  isKnown(digest: Digest): boolean {
    return existsSync(this.#paths.pool(digest));
  }

  /** Gives a repository the file at `path`, whose bytes are verified and on the disk. */
  async commit(path: string, repository: string, digest: Digest): Promise<void> {
    this.#link(path, this.#paths.pool(digest));
    await this.link(repository, digest);
  }

  /** Writes bytes that hash to the digest. */
  async write(repository: string, digest: Digest, body: Uint8Array): Promise<void> {
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
    const target = this.#paths.blob(repository, digest);
    try {
      this.#link(this.#paths.pool(digest), target);
    } catch (error) {
      if (!isErrno(error, 'EMLINK')) throw error;
      await this.#renew(digest);
      this.#link(this.#paths.pool(digest), target);
    }
    await syncPath(dirname(target));
  }

  /** Takes a content away from a repository. False when it had none. */
  unlink(repository: string, digest: Digest): boolean {
    const path = this.#paths.blob(repository, digest);
    const was = existsSync(path);
    rmSync(path, { force: true });
    return was;
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

function opened(fd: number): OpenBlob {
  let open = true;
  const close = (): void => {
    if (open) closeSync(fd);
    open = false;
  };
  return { size: fstatSync(fd).size, read: (start, end) => pieces(fd, start, end, close), close };
}

async function* pieces(fd: number, start: number, end: number, close: () => void): Bytes {
  try {
    if (end - start <= SHORT) {
      const buffer = Buffer.allocUnsafe(end - start);
      if (readSync(fd, buffer, 0, buffer.length, start) < buffer.length) throw shorter();
      if (buffer.length > 0) yield buffer;
      return;
    }
    for (let at = start; at < end;) {
      const length = Math.min(PIECE, end - at);
      const { bytesRead, buffer } = await readFd(fd, Buffer.allocUnsafe(length), 0, length, at);
      if (bytesRead === 0) throw shorter();
      at += bytesRead;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    close();
  }
}

const shorter = (): Error => new Error('a blob became shorter');
