import type { Bytes, ByteSink } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';

/** A blob that is there, whole. */
export interface BlobInfo {
  readonly digest: Digest;
  /** In bytes. */
  readonly size: number;
}

/** Which part of a blob to read. */
export interface ReadOptions extends CallOptions {
  readonly start?: number;
  /** Inclusive, as in an HTTP range. */
  readonly end?: number;
  /** A chunk holds until the next one is asked for: all come in the same memory. */
  readonly passing?: boolean;
}

/** Content by digest, to read. */
export interface BlobReader {
  stat(digest: Digest): Promise<BlobInfo | undefined>;
  /** Throws BlobNotFoundError. */
  open(digest: Digest, options?: ReadOptions): Promise<Bytes>;
  /** The whole blob in pieces, out of one buffer: quicker than {@link open}. Throws BlobNotFoundError. */
  pour(digest: Digest, sink: ByteSink, options?: CallOptions): Promise<void>;
}

/** How something is written. */
export interface IngestOptions extends CallOptions {
  /** `false`: nobody can go on where the writer stopped, and what it wrote goes with its process. */
  readonly resumable?: boolean;
  /**
   * `false`: somebody else hashes the same bytes; `commit` is told the digest, or reads them again.
   * What an earlier writer left is hashed all the same, and what follows it.
   */
  readonly hash?: boolean;
}

/**
 * Content by digest. A blob is absent or whole; there is nothing in between to see.
 *
 * What is written while leases of the same open store are alive is held by them. Who wants to
 * rely on a blob that is there already holds it first, and looks then.
 */
export interface BlobStore extends BlobReader {
  /**
   * Starts or resumes the ingest called `key`. One writer at a time; a second one waits until
   * the first is gone, and then resumes or finds the blob.
   */
  ingest(key: string, options?: IngestOptions): Promise<BlobWriter>;
  /** What an ingest that did not end has written so far; undefined when there is nothing. */
  partial(key: string): Bytes | undefined;
  /** Stores bytes at hand, once; what is there already is not written again. Synchronous and durable. */
  putSync(data: Uint8Array): BlobInfo;
  /** {@link putSync} of many, with one sync for all of them. */
  putAllSync(data: readonly Uint8Array[]): void;
  /** Reads a small blob (a config, a manifest; 4 MiB at most). Throws BlobNotFoundError. */
  readSync(digest: Digest): Buffer;
  delete(digest: Digest): Promise<void>;
  list(): AsyncIterable<BlobInfo>;
}

/** The key under which a blob that is known by its digest is written, by whoever fetches it. */
export function ingestKey(digest: Digest): string {
  return `blob:${digest}`;
}

/** Leaving the scope without `commit` keeps what was written, for resuming; `discard` does not. */
export interface BlobWriter extends AsyncDisposable {
  readonly offset: number;
  write(chunk: Uint8Array): Promise<void>;
  /**
   * Hashes as it was written, so this reads nothing back. `known` is the digest of what was
   * written, where the writer does not hash. Throws DigestMismatchError.
   */
  commit(expected?: Partial<BlobInfo>, known?: Digest): Promise<BlobInfo>;
  discard(): Promise<void>;
}
