import { createHash, type Hash } from 'node:crypto';
import { closeSync, fstatSync, ftruncateSync, openSync, readSync, rmSync } from 'node:fs';
import type { Digest } from '../oci/digest.ts';
import { writeAll } from '../sys/write-all.ts';
import { syncFd } from './durable.ts';
import { fileReader } from './file-reader.ts';
import type { Upload, UploadReader } from './storage.ts';

const PIECE = 1024 * 1024;
type Algorithm = 'sha256' | 'sha512';

/** What is known of the bytes of an upload while the process lives. */
export interface RunningHash {
  readonly algorithm: Algorithm;
  readonly hash: Hash;
  /** Bytes that went into it. */
  readonly at: number;
}

/** What an upload tells the storage that it belongs to. */
export interface UploadEvents {
  /** The bytes are complete, have this digest and are on the disk. */
  readonly commit: (path: string, digest: Digest) => Promise<void>;
  /** Nobody works on it any more. Without a hash its bytes are read again, or it is over. */
  readonly closed: (running: RunningHash | undefined) => void;
  /** The content is here already. */
  readonly isKnown: (digest: Digest) => boolean;
  /** Keeps what is known from going away. */
  readonly hold: (digest: Digest) => Disposable;
}

/** A hash of nothing. */
export function emptyHash(algorithm: Algorithm): RunningHash {
  return { algorithm, hash: createHash(algorithm), at: 0 };
}

/** An upload as a file, whose size is what has come. Hashed as it comes in. */
export class FileUpload implements Upload {
  readonly #path: string;
  readonly #events: UploadEvents;
  readonly #fd: number;
  #offset: number;
  #running: RunningHash | undefined;
  #open = true;

  /** Throws ENOENT when there is none. */
  constructor(path: string, running: RunningHash | undefined, events: UploadEvents) {
    this.#path = path;
    this.#events = events;
    this.#fd = openSync(path, 'r+');
    this.#offset = fstatSync(this.#fd).size;
    this.#running = running?.at === this.#offset ? running : undefined;
    if (this.#offset === 0) this.#running ??= emptyHash('sha256');
  }

  get offset(): number {
    return this.#offset;
  }

  append(chunk: Uint8Array): void {
    writeAll(this.#fd, chunk, this.#offset);
    this.#offset += chunk.length;
    if (!this.#running) return;
    const { algorithm, hash } = this.#running;
    this.#running = { algorithm, hash: hash.update(chunk), at: this.#offset };
  }

  reader(): UploadReader {
    return fileReader(openSync(this.#path, 'r'));
  }

  truncate(offset: number): void {
    ftruncateSync(this.#fd, offset);
    this.#offset = offset;
    if (this.#running?.at !== offset) this.#running = undefined;
  }

  async finish(digest: Digest): Promise<boolean> {
    const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
    const hash =
      this.#running?.algorithm === algorithm ? this.#running.hash : await this.#hashed(algorithm);
    this.#running = undefined;
    const isRight = `${algorithm}:${hash.digest('hex')}` === digest;
    if (isRight) {
      using _ = this.#events.hold(digest);
      if (!this.#events.isKnown(digest)) await syncFd(this.#fd);
      await this.#events.commit(this.#path, digest);
    }
    this.remove();
    return isRight;
  }

  remove(): void {
    rmSync(this.#path, { force: true });
    this.#running = undefined;
    this.#close();
  }

  keep(): void {
    // It was written; that files survive a power cut is not promised before the end.
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  #close(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    this.#events.closed(this.#running);
  }

  /** The hash of what is there, when the process that began it is gone or another one is wanted. */
  async #hashed(algorithm: Algorithm): Promise<Hash> {
    const hash = createHash(algorithm);
    const piece = Buffer.alloc(PIECE);
    for (let at = 0; at < this.#offset;) {
      const read = readSync(this.#fd, piece, 0, Math.min(PIECE, this.#offset - at), at);
      if (read === 0) throw new Error('an upload became shorter');
      hash.update(piece.subarray(0, read));
      at += read;
      await new Promise((resolve) => setImmediate(resolve));
    }
    return hash;
  }
}
