import type { Bytes } from '../base/bytes.ts';
import type { Digest } from '../oci/digest.ts';
import type { HistoryRow } from './index-tables.ts';

/** What may be at hand, or come later. */
export type Awaitable<T> = T | Promise<T>;

/** A manifest as it was pushed. */
export interface StoredManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  /** In bytes. */
  readonly size: number;
  /** What the client is to be told besides. */
  readonly warning?: string | undefined;
}

/** Whom a manifest refers to, and as what it is listed there. */
export interface ReferrerRow {
  readonly subject: Digest;
  readonly artifactType: string | undefined;
  /** Its descriptor in JSON. */
  readonly descriptor: string;
}

/** A manifest that comes in, checked. */
export interface NewManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly body: Uint8Array;
  /** These names will mean it. */
  readonly tags: readonly string[];
  /** What must be in the repository. */
  readonly needs: readonly { readonly digest: Digest; readonly size: number }[];
  /** What a collection must leave there for it. */
  readonly names: readonly Digest[];
  readonly referrer?: ReferrerRow | undefined;
  /** Asked while nobody else can change the repository, with what the first tag means so far. */
  readonly mayReplace?: ((current: Digest | undefined) => boolean) | undefined;
  /** Who pushes it. */
  readonly by?: string | undefined;
  /** The repository elsewhere that it was read through from: what it needs comes when it is asked for. */
  readonly mirrored?: string | undefined;
}

/** How much there is in a storage. */
export interface StorageFigures {
  readonly repositories: number;
  readonly manifests: number;
  readonly tags: number;
  /** Contents, counted some minutes ago at most. */
  readonly contents: number;
  /** Of the disk, in bytes. */
  readonly freeBytes: number;
  readonly totalBytes: number;
}

/** A page of something that is listed. */
export interface Page {
  /** What the page before ended with. */
  readonly after: string | undefined;
  readonly limit: number;
}

/** A blob that is open for reading. */
export interface OpenBlob {
  /** In bytes. */
  readonly size: number;
  /** Where a client gets the bytes by itself, for some minutes. */
  readonly elsewhere?: string | undefined;
  /** To be waited for before bytes are promised to a client. Throws Problem. */
  ready?(): Promise<void>;
  /**
   * The bytes from `start` up to, not including, `end`. A piece is valid until the next one is
   * asked for. Ends what `close` would.
   */
  read(start: number, end: number): Bytes;
  close(): void;
}

/** Reads bytes of an upload while others come. */
export interface UploadReader {
  read(start: number, length: number): Promise<Uint8Array>;
  close(): void;
}

/** An upload that one request has to itself until it is disposed of. */
export interface Upload extends AsyncDisposable {
  /** Bytes that are kept so far. */
  readonly offset: number;
  append(chunk: Uint8Array): Awaitable<void>;
  /** What was appended is kept when it returns, also by a process that is killed. */
  keep(): Awaitable<void>;
  /** Opens what was appended for reading; also when the upload is over. Where that is not possible, there is no such function. */
  reader?(): UploadReader;
  /** Forgets what came after an offset. */
  truncate(offset: number): Awaitable<void>;
  /**
   * Makes the bytes a blob of the repository, on disk when it returns; the upload is over. False,
   * and the upload is over too, when they do not have the digest.
   */
  finish(digest: Digest): Promise<boolean>;
  /** Ends the upload and forgets its bytes. */
  remove(): Awaitable<void>;
}

/** A referrer in a list: `place` is where the next page goes on. */
export interface Referrer {
  readonly place: number;
  /** The descriptor in JSON. */
  readonly descriptor: string;
}

/** Which referrers are asked for. */
export interface ReferrerPage {
  /** The place of the last one of the page before; 0 for the first page. */
  readonly after: number;
  readonly artifactType: string | undefined;
  /** No more than one above so many will be looked at. */
  readonly limit: number;
}

/**
 * Where a registry keeps what it was given. What returns has been written: a crash does not take
 * it back. Names and digests are checked before they come here. Whatever is asked of a repository
 * that does not exist is answered with nothing. Files answer at once where they can.
 */
export interface RegistryStorage extends AsyncDisposable {
  hasRepository(repository: string): Awaitable<boolean>;
  /** Names in the order of their bytes. */
  repositories(page: Page): Awaitable<readonly string[]>;

  /** The size of a blob of this repository. */
  blobSize(repository: string, digest: Digest): Awaitable<number | undefined>;
  openBlob(repository: string, digest: Digest): Awaitable<OpenBlob | undefined>;
  /** Takes a blob over from another repository, or from any. False when none has it. */
  mount(repository: string, digest: Digest, from: string | undefined): Promise<boolean>;
  removeBlob(repository: string, digest: Digest): Promise<'removed' | 'unknown' | 'a manifest'>;

  /** Bytes of what a repository has; what cannot tell has no such function. */
  repositorySize?(repository: string): Awaitable<number>;

  /** Throws when nothing can be read any more, or written unless `readOnly`. */
  probe?(readOnly: boolean): Awaitable<void>;
  /** How much there is, where that is cheap to tell. */
  figures?(): Awaitable<StorageFigures | undefined>;
  /** How many repositories have a content; what cannot tell at once has no such function. */
  holders?(digest: Digest): number;

  /** Begins an upload and gives its name. */
  startUpload(repository: string, algorithm: 'sha256' | 'sha512'): Awaitable<string>;
  /** An upload of this repository; `busy` while another request has it. */
  openUpload(repository: string, id: string): Awaitable<Upload | 'busy' | undefined>;
  /** Bytes kept so far, whoever has the upload. */
  uploadOffset(repository: string, id: string): Awaitable<number | undefined>;

  /** By tag or digest. */
  manifest(repository: string, reference: string): Awaitable<StoredManifest | undefined>;
  /** Undefined when it was removed in the meantime. */
  manifestBody(repository: string, digest: Digest): Awaitable<Uint8Array | undefined>;
  /** Undefined when all is well; otherwise what stands in the way, and nothing has changed. */
  putManifest(
    repository: string,
    manifest: NewManifest,
  ): Promise<
    | { readonly missing: Digest }
    | { readonly wrongSize: Digest }
    /** A tag that may not mean something else. */
    | { readonly fixed: string }
    | 'replaced'
    | undefined
  >;
  /** Removes a tag alone, or a manifest with its tags; `by` is who does. */
  removeManifest(
    repository: string,
    reference: string,
    by?: string,
  ): Promise<'removed' | 'unknown' | { readonly fixed: string }>;
  /** A client has asked for a manifest. What is remembered of it is coarse. */
  pulled?(repository: string, digest: Digest): void;

  /** Tags in the order of their bytes. */
  tags(repository: string, page: Page): Awaitable<readonly string[]>;
  /** Changes of a tag, or of all tags, the newest first. */
  history?(
    repository: string,
    tag: string | undefined,
    limit: number,
  ): Awaitable<readonly HistoryRow[]>;
  /** In the order in which they were pushed. To be gone through at once, as far as wanted. */
  referrers(
    repository: string,
    subject: Digest,
    options: ReferrerPage,
  ): Awaitable<Iterable<Referrer>>;
}
