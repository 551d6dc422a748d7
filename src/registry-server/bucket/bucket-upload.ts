import { createHash, type Hash } from 'node:crypto';
import type { Digest } from '../../oci/digest.ts';
import type { Multipart } from '../../s3/multipart.ts';
import { randomHex } from '../../sys/random.ts';
import { Problem } from '../errors.ts';
import type { Upload } from '../storage.ts';
import { ByteBudget } from './byte-budget.ts';
import { PendingBytes } from './pending-bytes.ts';
import { offsetOf, partSize, type UploadedPart, type UploadState } from './upload-state.ts';

type Algorithm = UploadState['algorithm'];

/** What an upload tells the storage that it belongs to. */
export interface UploadEvents {
  readonly putPart: (
    multipart: Multipart | undefined,
    number: number,
    body: Buffer,
  ) => Promise<{ readonly multipart: Multipart; readonly etag: string }>;
  /** Writes how far it is. Throws Problem when another process went on with it. */
  readonly save: (state: UploadState) => Promise<void>;
  /**
   * The bytes have come; with a hash in hex they are known to have it, else they are to be read.
   * False when they have another digest than they should.
   */
  readonly commit: (
    state: UploadState,
    hash: string | undefined,
    digest: Digest,
  ) => Promise<boolean>;
  /** Forgets all of it. */
  readonly drop: (multipart: Multipart | undefined) => Promise<void>;
  /** Nobody works on it any more. */
  readonly closed: (known: KnownHash | undefined) => void;
}

/** The hash of the bytes at a revision, while the process lives that saw them. */
export interface KnownHash {
  readonly revision: string;
  readonly algorithm: Algorithm;
  readonly hash: Hash;
}

/** The memory that all uploads have together for what they send, in bytes. */
const sending = new ByteBudget(32 * 1024 * 1024);
/** After so many parts it is written how far it is. */
const SAVE_EVERY = 8;
/** A hash of nothing. */
export function emptyHash(revision: string, algorithm: Algorithm): KnownHash {
  return { revision, algorithm, hash: createHash(algorithm) };
}

/**
 * An upload in a bucket: parts of a multipart upload, and an object that tells of them and has
 * the bytes that are no part yet.
 */
export class BucketUpload implements Upload {
  readonly #events: UploadEvents;
  readonly #begin: Omit<UploadState, 'tail'> & { readonly offset: number };
  readonly #beginTail: PendingBytes;
  readonly #beginHash: Hash | undefined;
  #multipart: Multipart | undefined;
  #parts: UploadedPart[];
  readonly #pending: PendingBytes;
  #offset: number;
  #revision: string;
  #algorithm: Algorithm;
  #hash: Hash | undefined;
  #isSaved = true;
  #isOpen = true;

  constructor(state: UploadState, known: KnownHash | undefined, events: UploadEvents) {
    this.#events = events;
    const { tail, ...begin } = state;
    this.#begin = { ...begin, offset: offsetOf(state) };
    this.#beginTail = new PendingBytes(tail);
    this.#multipart = state.multipart;
    this.#parts = [...state.parts];
    this.#pending = new PendingBytes(tail);
    this.#offset = this.#begin.offset;
    this.#revision = state.revision;
    this.#algorithm = known?.algorithm ?? state.algorithm;
    this.#hash = known?.revision === state.revision ? known.hash : undefined;
    // All of it is at hand.
    if (state.parts.length === 0) {
      this.#hash ??= createHash(this.#algorithm).update(tail);
    }
    this.#beginHash = this.#hash?.copy();
  }

  get offset(): number {
    return this.#offset;
  }

  append(chunk: Uint8Array): Promise<void> | undefined {
    this.#hash?.update(chunk);
    this.#pending.append(chunk);
    this.#offset += chunk.length;
    this.#isSaved = false;
    return this.#pending.size >= partSize(this.#parts.length + 1) ? this.#sendParts() : undefined;
  }

  async keep(): Promise<void> {
    if (this.#isSaved) return;
    this.#revision = randomHex(16);
    try {
      await sending.hold(this.#pending.size, () => this.#events.save(this.#state()));
    } catch (error) {
      // What another process went on with is not to be written over.
      if (error instanceof Problem) this.#isSaved = true;
      throw error;
    }
    this.#isSaved = true;
  }

  async truncate(offset: number): Promise<void> {
    if (offset !== this.#begin.offset) throw new Error('an upload goes back to where it was');
    this.#parts = [...this.#begin.parts];
    this.#pending.reset(this.#beginTail.read());
    this.#offset = offset;
    this.#hash = this.#beginHash?.copy();
    this.#isSaved = false;
    await this.keep();
  }

  async finish(digest: Digest): Promise<boolean> {
    const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
    if (this.#parts.length === 0 && this.#algorithm !== algorithm) {
      this.#hash = createHash(algorithm).update(this.#pending.read());
      this.#algorithm = algorithm;
    }
    const hash = this.#algorithm === algorithm ? this.#hash?.digest('hex') : undefined;
    this.#hash = undefined;
    try {
      if (hash !== undefined && `${algorithm}:${hash}` !== digest) {
        await this.#events.drop(this.#multipart);
        return false;
      }
      const { size } = this.#pending;
      if (this.#parts.length > 0 && size > 0) await this.#sendPart(size);
      return await sending.hold(this.#pending.size, () =>
        this.#events.commit(this.#state(), hash, digest),
      );
    } finally {
      this.#isSaved = true;
      this.#close();
    }
  }

  async remove(): Promise<void> {
    if (!this.#isOpen) return;
    this.#hash = undefined;
    this.#isSaved = true;
    this.#close();
    await this.#events.drop(this.#multipart);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#isOpen) return;
    try {
      await this.keep();
    } catch {
      // Nobody was told that these bytes are kept.
      this.#hash = undefined;
    }
    this.#close();
  }

  #close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#pending[Symbol.dispose]();
    this.#beginTail[Symbol.dispose]();
    const known = this.#hash && {
      revision: this.#revision,
      algorithm: this.#algorithm,
      hash: this.#hash,
    };
    this.#events.closed(known);
  }

  async #sendParts(): Promise<void> {
    for (;;) {
      const size = partSize(this.#parts.length + 1);
      if (this.#pending.size < size) return;
      await this.#sendPart(size);
      if (this.#parts.length % SAVE_EVERY === 0) await this.keep();
    }
  }

  /** Makes the first bytes of those that are no part yet one. */
  async #sendPart(size: number): Promise<void> {
    const number = this.#parts.length + 1;
    const isFirst = this.#multipart === undefined;
    const { multipart, etag } = await sending.hold(size, () =>
      this.#events.putPart(this.#multipart, number, this.#pending.read(size)),
    );
    this.#multipart = multipart;
    this.#parts.push({ etag, size });
    this.#pending.drop(size);
    this.#isSaved = false;
    // So that whoever cleans up knows of it.
    if (isFirst) await this.keep();
  }

  #state(): UploadState {
    return {
      algorithm: this.#begin.algorithm,
      revision: this.#revision,
      multipart: this.#multipart,
      parts: this.#parts,
      tail: this.#pending.read(),
    };
  }
}
