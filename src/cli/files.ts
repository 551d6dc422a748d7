import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import type { Bytes, SkippableBytes } from '../base/bytes.ts';
import { InvalidInputError, isErrno } from '../base/errors.ts';

const CHUNK = 512 * 1024;

/** A file's content. Throws InvalidInputError where it cannot be opened, in the words users know. */
export function fileBytes(path: string, typed: string): Bytes {
  const fd = openTyped(path, typed);
  return (async function* () {
    try {
      for (;;) {
        // A new buffer each time: what was handed on may still be in use.
        const chunk = Buffer.allocUnsafeSlow(CHUNK);
        const size = readSync(fd, chunk);
        if (size === 0) return;
        yield chunk.subarray(0, size);
      }
    } catch (error) {
      if (isErrno(error, 'EISDIR')) throw new InvalidInputError(`read ${typed}: is a directory`);
      throw error;
    } finally {
      closeSync(fd);
    }
  })();
}

/**
 * An archive in a file, for who uses each chunk before the next: all of them are in one buffer.
 * Throws as {@link fileBytes}.
 */
export function archiveFile(path: string, typed: string): SkippableBytes {
  return new FilePieces(openTyped(path, typed), typed);
}

class FilePieces implements SkippableBytes {
  readonly #fd: number;
  readonly #typed: string;
  readonly #size: number;
  /** Undefined for a pipe, in which no place has a number. */
  #at: number | undefined;

  constructor(fd: number, typed: string) {
    this.#fd = fd;
    this.#typed = typed;
    const stat = fstatSync(fd);
    this.#size = stat.size;
    this.#at = stat.isFile() ? 0 : undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array, void> {
    let chunk = Buffer.allocUnsafeSlow(CHUNK);
    try {
      for (;;) {
        const count = readSync(this.#fd, chunk, 0, CHUNK, this.#at ?? null);
        if (count === 0) return;
        if (this.#at !== undefined) this.#at += count;
        yield chunk.subarray(0, count);
        // Small pieces, as they come out of a pipe, may wait for somebody in a queue.
        if (this.#at === undefined) chunk = Buffer.allocUnsafeSlow(CHUNK);
      }
    } catch (error) {
      if (!isErrno(error, 'EISDIR')) throw error;
      throw new InvalidInputError(`read ${this.#typed}: is a directory`);
    } finally {
      closeSync(this.#fd);
    }
  }

  skip(count: number): boolean {
    if (this.#at === undefined || count > this.#size - this.#at) return false;
    this.#at += count;
    return true;
  }
}

function openTyped(path: string, typed: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw explainOpen(error, typed) ?? error;
  }
}

/** `open x: no such file or directory` and its like; undefined for errors that are not the user's. */
export function explainOpen(error: unknown, typed: string): InvalidInputError | undefined {
  const reason = reasonOf(error);
  return reason === undefined ? undefined : new InvalidInputError(`open ${typed}: ${reason}`);
}

/** The system's words for the errors that a path typed by a user can meet. */
export function reasonOf(error: unknown): string | undefined {
  if (isErrno(error, 'ENOENT')) return 'no such file or directory';
  if (isErrno(error, 'EACCES', 'EPERM')) return 'permission denied';
  if (isErrno(error, 'ENOTDIR')) return 'not a directory';
  if (isErrno(error, 'EISDIR')) return 'is a directory';
  if (isErrno(error, 'ELOOP')) return 'too many levels of symbolic links';
  if (isErrno(error, 'ENAMETOOLONG')) return 'file name too long';
  if (isErrno(error, 'EROFS')) return 'read-only file system';
  if (isErrno(error, 'ENXIO')) return 'no such device or address';
  return undefined;
}
