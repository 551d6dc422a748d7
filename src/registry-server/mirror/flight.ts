import type { Bytes } from '../../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../../base/errors.ts';
import type { Digest } from '../../oci/digest.ts';
import type { RegistryStorage, Upload, UploadReader } from '../storage.ts';
import { openSpool } from './spool.ts';

const PIECE = 256 * 1024;
/** Bodies up to this size are sent in one piece: see the handler of blobs. */
const SHORT = 64 * 1024;
/** How long a download goes on that nobody waits for, in milliseconds. */
const ALONE = 30_000;

/** What a download is about. */
export interface FlightPlan {
  readonly storage: RegistryStorage;
  readonly repository: string;
  readonly digest: Digest;
  /** In bytes, as its manifest or the upstream says. */
  readonly size: number;
  /** The upstream, for people. */
  readonly label: string;
  /** Asks for the bytes; nothing is checked. */
  readonly open: (signal: AbortSignal) => Bytes;
  /** Is told how many have come. */
  readonly onBytes: (count: number) => void;
  /** Is told why it failed, but for when it was given up. */
  readonly onFailure: (error: unknown) => void;
}

/**
 * A blob on its way from an upstream into the storage. Any number of clients read what has come
 * while more comes, but for the last byte, which they get when the digest is known to be right.
 */
export class Flight {
  readonly #plan: FlightPlan;
  readonly #stop = new AbortController();
  /** Bytes that have come. */
  #at = 0;
  #state: 'flying' | 'landed' | { readonly error: unknown } = 'flying';
  #waiting: (() => void)[] = [];
  #clients = 0;
  #alone: NodeJS.Timeout | undefined;
  #reader: UploadReader | undefined;
  /** Settles when it is over, however it ended. */
  readonly done: Promise<void>;

  constructor(plan: FlightPlan) {
    this.#plan = plan;
    this.done = this.#fly().then(
      () => this.#change('landed'),
      (error: unknown) => {
        if (!this.#stop.signal.aborted) plan.onFailure(error);
        this.#change({ error });
      },
    );
    this.#leaveLater();
  }

  get size(): number {
    return this.#plan.size;
  }

  abort(): void {
    this.#stop.abort();
  }

  /** A client waits for it until it leaves: then nobody may be left to go on for. */
  enter(): Disposable {
    this.#clients += 1;
    clearTimeout(this.#alone);
    let isIn = true;
    return {
      [Symbol.dispose]: () => {
        if (!isIn) return;
        isIn = false;
        this.#clients -= 1;
        this.#leaveLater();
      },
    };
  }

  /** Waits until it is clear that there is something, or for all that is short. Throws why not. */
  async begun(): Promise<void> {
    const enough = (): boolean => this.size > SHORT && this.#at > 0;
    while (this.#state === 'flying' && !enough()) await this.#news();
    this.#mustGoOn();
  }

  /** Short parts come in one piece. Throws what ended it. */
  async *read(start: number, end: number): Bytes {
    const isShort = end - start <= SHORT;
    for (let at = start; at < end;) {
      this.#mustGoOn();
      const here = this.#state === 'landed' ? this.size : Math.min(this.#at, this.size - 1);
      const length = Math.min(PIECE, Math.min(end, here) - at);
      if (length <= 0 || !this.#reader || (isShort && here < end)) {
        await this.#news();
        continue;
      }
      yield await this.#reader.read(at, length);
      at += length;
    }
  }

  async #fly(): Promise<void> {
    const { storage, repository, digest, size, label, open } = this.#plan;
    const algorithm = digest.startsWith('sha512:') ? 'sha512' : 'sha256';
    const id = await storage.startUpload(repository, algorithm);
    const upload = await storage.openUpload(repository, id);
    if (!upload || upload === 'busy') throw new Error('a new upload is not there');
    await using _ = upload;
    try {
      await this.#fill(upload, open(this.#stop.signal));
      if (this.#at < size) {
        throw new InvalidInputError(`${digest} from ${label} ends after ${this.#at} bytes`);
      }
    } catch (error) {
      await upload.remove();
      throw error;
    }
    // What is wrong is removed by it.
    if (!(await upload.finish(digest))) {
      throw new DigestMismatchError(digest, 'another one', label);
    }
  }

  async #fill(upload: Upload, bytes: Bytes): Promise<void> {
    const { digest, size, label, onBytes } = this.#plan;
    const spool = upload.reader ? undefined : openSpool();
    this.#reader = spool?.reader ?? upload.reader?.();
    for await (const chunk of bytes) {
      if (this.#at + chunk.length > size) {
        throw new InvalidInputError(`${digest} from ${label} is longer than ${size} bytes`);
      }
      spool?.append(chunk);
      await upload.append(chunk);
      this.#at += chunk.length;
      onBytes(chunk.length);
      this.#wake();
    }
  }

  #change(state: 'landed' | { readonly error: unknown }): void {
    this.#state = state;
    clearTimeout(this.#alone);
    this.#wake();
    if (this.#clients === 0) this.#reader?.close();
  }

  #leaveLater(): void {
    if (this.#clients > 0) return;
    if (this.#state !== 'flying') {
      this.#reader?.close();
      return;
    }
    this.#alone = setTimeout(() => this.abort(), ALONE).unref();
  }

  #mustGoOn(): void {
    if (typeof this.#state === 'object') throw this.#state.error;
  }

  #wake(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }

  #news(): Promise<void> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}
