import { closeSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { randomHex } from '../../sys/random.ts';
import { writeAll } from '../../sys/write-all.ts';

/** More than this of one upload goes to a file. */
const MEMORY = 256 * 1024;

/**
 * Bytes of an upload that are no part of an object yet: a few in memory, more in a file that has
 * no name, in the folder for temporary files. Throws system errors.
 */
export class PendingBytes implements Disposable {
  #chunks: Buffer[] = [];
  #size = 0;
  #fd: number | undefined;

  constructor(first: Uint8Array) {
    if (first.length > 0) this.append(first);
  }

  get size(): number {
    return this.#size;
  }

  /** The memory may be used again by whoever gave it. */
  append(chunk: Uint8Array): void {
    if (this.#fd === undefined && this.#size + chunk.length > MEMORY) this.#fd = this.#spilled();
    if (this.#fd === undefined) this.#chunks.push(Buffer.from(chunk));
    else writeAll(this.#fd, chunk, this.#size);
    this.#size += chunk.length;
  }

  /** The first so many bytes, or all, which stay. */
  read(size = this.#size): Buffer {
    if (this.#fd === undefined) return Buffer.concat(this.#chunks).subarray(0, size);
    const bytes = Buffer.allocUnsafeSlow(size);
    this.#fill(this.#fd, bytes, 0);
    return bytes;
  }

  /** Forgets the first so many bytes. */
  drop(size: number): void {
    const rest = Buffer.allocUnsafe(this.#size - size);
    if (this.#fd === undefined) Buffer.concat(this.#chunks).copy(rest, 0, size);
    else this.#fill(this.#fd, rest, size);
    this.reset(rest);
  }

  /** Forgets what there is for other bytes. */
  reset(bytes: Uint8Array): void {
    this.#chunks = [];
    this.#size = 0;
    if (this.#fd !== undefined) ftruncateSync(this.#fd);
    if (bytes.length > 0) this.append(bytes);
  }

  [Symbol.dispose](): void {
    this.#chunks = [];
    this.#size = 0;
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #spilled(): number {
    const path = join(tmpdir(), `stave-upload-${randomHex(16)}`);
    const fd = openSync(path, 'wx+', 0o600);
    rmSync(path);
    writeAll(fd, Buffer.concat(this.#chunks), 0);
    this.#chunks = [];
    return fd;
  }

  #fill(fd: number, bytes: Buffer, from: number): void {
    for (let at = 0; at < bytes.length;) {
      const read = readSync(fd, bytes, at, bytes.length - at, from + at);
      if (read === 0) throw new Error('a file without a name became shorter');
      at += read;
    }
  }
}
