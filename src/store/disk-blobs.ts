import {
  closeSync,
  fdatasyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Bytes, ByteSink } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import { InvalidInputError } from '../base/errors.ts';
import { breather } from '../base/limit.ts';
import { digestLike, digestOf, isDigest, type Digest } from '../oci/digest.ts';
import { randomHex } from '../sys/random.ts';
import { syncFileSystem } from '../sys/sync.ts';
import { writeAll } from '../sys/write-all.ts';
import { ingestPath, openIngest, syncDirectory, type IngestHost } from './blob-ingest.ts';
import type { BlobInfo, BlobStore, BlobWriter, IngestOptions, ReadOptions } from './blob-store.ts';
import type { Database } from './database.ts';
import { BlobDamagedError, BlobNotFoundError } from './errors.ts';
import { withStoreErrors } from './io-errors.ts';
import type { StorePaths } from './paths.ts';

/** Bytes per chunk of a stream. */
const CHUNK = 1024 * 1024;
/** Bytes per piece of what is poured: larger ones leave the processor's cache. */
const PIECE = 256 * 1024;
/** So many files at once are synced with their file system. */
const MANY = 8;
/** What {@link BlobStore.readSync} reads at most. */
const SMALL = 4 * 1024 * 1024;

/** What a blob store needs of its store. */
export interface BlobContext {
  readonly paths: StorePaths;
  readonly db: Database;
  /** Keeps a blob from the collector for those who work in this process. */
  hold(digest: Digest): void;
}

/**
 * Blobs as files named by their digest. A file comes under its name whole and durable, by a
 * rename. Before that, whoever works in this process holds it, and after that it gets its
 * row: the collector takes what has neither row nor holder.
 */
export class DiskBlobs implements BlobStore, IngestHost {
  readonly #context: BlobContext;

  constructor(context: BlobContext) {
    this.#context = context;
  }

  get paths(): StorePaths {
    return this.#context.paths;
  }

  async stat(digest: Digest): Promise<BlobInfo | undefined> {
    const size = this.#size(digest);
    return size === undefined ? undefined : { digest, size };
  }

  async open(digest: Digest, options: ReadOptions = {}): Promise<Bytes> {
    const size = this.#size(digest);
    if (size === undefined) throw new BlobNotFoundError(digest);
    const end = Math.min(options.end ?? Infinity, size - 1);
    return this.#readFile(this.paths.blob(digest), { ...options, end });
  }

  async pour(digest: Digest, sink: ByteSink, { signal }: CallOptions = {}): Promise<void> {
    const size = this.#size(digest);
    if (size === undefined) throw new BlobNotFoundError(digest);
    const fd = openSync(this.paths.blob(digest), 'r');
    const breathe = breather();
    try {
      const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, Math.max(size, 1)));
      for (;;) {
        signal?.throwIfAborted();
        const count = readSync(fd, piece);
        if (count === 0) return;
        sink(piece.subarray(0, count));
        const rest = breathe();
        if (rest) await rest;
      }
    } finally {
      closeSync(fd);
    }
  }

  ingest(key: string, options: IngestOptions = {}): Promise<BlobWriter> {
    return openIngest(this, key, options);
  }

  partial(key: string): Bytes | undefined {
    const path = ingestPath(this.paths, key);
    const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
    return size === 0 ? undefined : this.#readFile(path, { end: size - 1 });
  }

  putSync(data: Uint8Array): BlobInfo {
    const info = { digest: digestOf(data), size: data.length };
    return withStoreErrors(this.paths.root, () => {
      if (this.#adopt(info)) return info;
      const temporary = `${this.paths.ingest}/.${randomHex(8)}`;
      try {
        const fd = openSync(temporary, 'wx', 0o600);
        try {
          writeAll(fd, data);
          fdatasyncSync(fd);
        } finally {
          closeSync(fd);
        }
        this.publish(temporary, info);
      } finally {
        rmSync(temporary, { force: true });
      }
      return info;
    });
  }

  putAllSync(data: readonly Uint8Array[]): void {
    const { db, paths } = this.#context;
    if (data.length < MANY) return data.forEach((one) => void this.putSync(one));
    withStoreErrors(paths.root, () => {
      const all = data.map((one) => ({ data: one, digest: digestOf(one), size: one.length }));
      const fresh = db.transaction('note', () => all.filter((info) => !this.#adopt(info)));
      const staged = fresh.map((info) => ({ info, file: `${paths.ingest}/.${randomHex(8)}` }));
      try {
        for (const { file, info } of staged) {
          writeFileSync(file, info.data, { flag: 'wx', mode: 0o600 });
        }
        syncFileSystem(paths.ingest);
        this.#publishAll(staged);
      } finally {
        for (const { file } of staged) rmSync(file, { force: true });
      }
    });
  }

  readSync(digest: Digest): Buffer {
    const size = this.#size(digest);
    if (size === undefined) throw new BlobNotFoundError(digest);
    if (size > SMALL) throw new InvalidInputError(`${digest} is larger than ${SMALL} bytes`);
    const data = readFileSync(this.paths.blob(digest));
    if (digestLike(digest, data) !== digest) throw new BlobDamagedError(digest);
    return data;
  }

  async delete(digest: Digest): Promise<void> {
    const { db, paths } = this.#context;
    withStoreErrors(paths.root, () =>
      db.transaction('write', () => {
        db.run('DELETE FROM blobs WHERE digest = ?', digest);
        db.run('DELETE FROM layer_blobs WHERE blob = ?', digest);
        rmSync(paths.blob(digest), { force: true });
      }),
    );
  }

  async *list(): AsyncGenerator<BlobInfo, void> {
    for (const algorithm of readdirSync(this.paths.blobs)) {
      for (const name of readdirSync(`${this.paths.blobs}/${algorithm}`)) {
        const digest = `${algorithm}:${name}`;
        const size = isDigest(digest) ? this.#size(digest) : undefined;
        if (isDigest(digest) && size !== undefined) yield { digest, size };
      }
    }
  }

  /** Puts a finished, synced file under the name of its digest. */
  publish(file: string, info: BlobInfo): void {
    this.#publishAll([{ file, info }]);
  }

  #publishAll(staged: readonly { readonly file: string; readonly info: BlobInfo }[]): void {
    const { db, paths } = this.#context;
    db.transaction('note', () => {
      for (const { info } of staged) this.#context.hold(info.digest);
    });
    const directories = new Set<string>();
    for (const { file, info } of staged) {
      const target = paths.blob(info.digest);
      const directory = target.slice(0, target.lastIndexOf('/'));
      if (!directories.has(directory)) mkdirSync(directory, { recursive: true, mode: 0o700 });
      directories.add(directory);
      renameSync(file, target);
    }
    for (const directory of directories) syncDirectory(directory);
    db.transaction('note', () => {
      for (const { info } of staged) this.#putRow(info);
    });
  }

  /** True when the blob is there already; it is held then and has its row. */
  #adopt(info: BlobInfo): boolean {
    this.#context.hold(info.digest);
    if (this.#size(info.digest) !== info.size) return false;
    this.#context.db.transaction('note', () => this.#putRow(info));
    return true;
  }

  #putRow({ digest, size }: BlobInfo): void {
    this.#context.db.run('INSERT OR IGNORE INTO blobs VALUES (?, ?)', digest, size);
  }

  #size(digest: Digest): number | undefined {
    return statSync(this.paths.blob(digest), { throwIfNoEntry: false })?.size;
  }

  async *#readFile(
    path: string,
    { start = 0, end, signal, passing }: ReadOptions,
  ): AsyncGenerator<Uint8Array, void> {
    const fd = openSync(path, 'r');
    const breathe = breather();
    try {
      const stop = end === undefined ? Infinity : end + 1;
      let buffer: Buffer | undefined;
      for (let at = start; at < stop;) {
        signal?.throwIfAborted();
        const size = Math.min(CHUNK, stop - at);
        const chunk =
          passing === true ? (buffer ??= Buffer.allocUnsafe(size)) : Buffer.allocUnsafe(size);
        const count = readSync(fd, chunk, 0, size, at);
        if (count === 0) return;
        at += count;
        yield chunk.subarray(0, count);
        await breathe();
      }
    } finally {
      closeSync(fd);
    }
  }
}
