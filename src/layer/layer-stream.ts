import { createHash, hash as hashOf, type Hash } from 'node:crypto';
import { type Digest, digestOf, type DiffId, finish } from '../oci/digest.ts';
import { fileRow } from './file-row.ts';
import type { FileTableWriter } from './file-table-io.ts';
import { encodeHeader, padding, TRAILER } from './tar-writer.ts';
import type { TarEntry } from './tar-entry.ts';

/** What is known of a layer when its tar is complete. */
export interface SealedFigures {
  readonly diffId: DiffId;
  /** Bytes of its tar. */
  readonly size: number;
  /** Bytes of the files in it. */
  readonly contentSize: number;
  readonly entries: number;
}

/** Looks at a layer's entries and their content as they pass, in tar order. What it throws ends the work. */
export interface LayerWatch {
  entry(entry: TarEntry): void;
  /** The next piece of the last file's content: to be used before returning. */
  content(chunk: Uint8Array): void;
}

/** Where a layer's parts go while it is written. */
export interface LayerTaps {
  /** Gets a row for each entry. The caller closes it. */
  readonly table?: FileTableWriter;
  /** Is shown everything before it is written. */
  readonly watch?: LayerWatch | undefined;
  /**
   * Gets the tar. Content comes in the very chunks that were given: use them before returning.
   * Other chunks may be kept, or given back.
   */
  readonly output?: (chunk: Uint8Array) => void;
}

const BATCH = 256 * 1024;
/** Larger chunks are hashed where they are. */
const COPY_BELOW = 32 * 1024;
const EMPTY = digestOf('');

/**
 * Writes a layer as tar without keeping it: every byte goes once through the hash that makes
 * the diff ID, content also through one for the file table. Each entry comes as `entry`, that
 * of a file with content followed by `content` until it is whole. Whiteouts are ordinary
 * entries with their `.wh.` names. The same calls always give the same bytes.
 */
export class LayerStream implements LayerWatch {
  readonly #watch: LayerWatch | undefined;
  readonly #table: FileTableWriter | undefined;
  readonly #output: ((chunk: Uint8Array) => void) | undefined;
  readonly #hash = createHash('sha256');
  #batch = Buffer.allocUnsafeSlow(BATCH);
  /** Batches that the output got, and those that came back. */
  readonly #lent = new WeakMap<Uint8Array, Buffer<ArrayBuffer>>();
  readonly #spare: Buffer<ArrayBuffer>[] = [];
  #at = 0;
  #size = 0;
  #contentSize = 0;
  #entries = 0;
  /** The file whose content is awaited, and how much of it. */
  #file: TarEntry | undefined;
  #missing = 0;
  #fileDigest: Digest | undefined;
  #fileHash: Hash | undefined;

  constructor(taps: LayerTaps = {}) {
    this.#table = taps.table;
    this.#watch = taps.watch;
    this.#output = taps.output;
  }

  /**
   * Begins an entry. Who knows the digest of a file's content already passes it: then the
   * content is not hashed a second time. Throws LayerNameError for whiteouts of nothing.
   */
  entry(entry: TarEntry, known: { readonly digest?: Digest } = {}): void {
    this.#expectWhole();
    this.#watch?.entry(entry);
    this.#put(encodeHeader(entry));
    this.#entries += 1;
    if (entry.type !== 'file') {
      this.#table?.add(fileRow(entry));
    } else if (entry.size === 0) {
      this.#table?.add(fileRow(entry, EMPTY));
    } else {
      this.#file = entry;
      this.#missing = entry.size;
      this.#fileDigest = known.digest;
    }
  }

  /** The next piece of the last file's content. Throws RangeError when it is more than announced. */
  content(chunk: Uint8Array): void {
    const file = this.#file;
    if (chunk.length === 0) return;
    if (file === undefined || chunk.length > this.#missing) {
      throw new RangeError('a layer got more content than its entry announced');
    }
    this.#watch?.content(chunk);
    this.#put(chunk);
    if (this.#table && this.#fileDigest === undefined) this.#hashContent(chunk);
    this.#missing -= chunk.length;
    if (this.#missing > 0) return;
    this.#put(padding(file.size));
    this.#contentSize += file.size;
    this.#table?.add(fileRow(file, this.#fileDigest ?? (this.#fileHash && finish(this.#fileHash))));
    this.#file = undefined;
    this.#fileDigest = undefined;
    this.#fileHash = undefined;
  }

  /** Writes the end mark. Nothing can be added afterwards. */
  finish(): SealedFigures {
    this.#expectWhole();
    this.#put(TRAILER);
    this.#flush();
    return {
      diffId: finish(this.#hash) as string as DiffId,
      size: this.#size,
      contentSize: this.#contentSize,
      entries: this.#entries,
    };
  }

  /** Takes back a chunk that the output got and nobody needs any more. */
  giveBack(chunk: Uint8Array): void {
    const batch = this.#lent.get(chunk);
    if (batch && this.#lent.delete(chunk)) this.#spare.push(batch);
  }

  #hashContent(chunk: Uint8Array): void {
    if (this.#fileHash === undefined && chunk.length === this.#missing) {
      // For small files this is several times cheaper than a hash object.
      this.#fileDigest = `sha256:${hashOf('sha256', chunk, 'hex')}` as Digest;
    } else {
      this.#fileHash ??= createHash('sha256');
      this.#fileHash.update(chunk);
    }
  }

  #put(chunk: Uint8Array): void {
    this.#size += chunk.length;
    if (chunk.length > this.#batch.length - this.#at) this.#flush();
    if (chunk.length >= COPY_BELOW) {
      this.#flush();
      this.#hash.update(chunk);
      this.#output?.(chunk);
      return;
    }
    this.#batch.set(chunk, this.#at);
    this.#at += chunk.length;
  }

  #flush(): void {
    if (this.#at === 0) return;
    const batch = this.#batch.subarray(0, this.#at);
    this.#hash.update(batch);
    this.#at = 0;
    if (!this.#output) return;
    this.#output(batch);
    this.#lent.set(batch, this.#batch);
    this.#batch = this.#spare.pop() ?? Buffer.allocUnsafeSlow(BATCH);
  }

  #expectWhole(): void {
    if (this.#file === undefined) return;
    throw new RangeError(`a layer got ${this.#missing} bytes less than its entry announced`);
  }
}
