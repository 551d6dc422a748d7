import type { EndpointTable, EventTable, LeaseTable, NetworkTable } from './activity-tables.ts';
import type { VolumeTable } from './volume-table.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ChainId, Digest, DiffId } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';

/**
 * What the database holds, as the transactions see it. All calls are synchronous and do
 * nothing but SQL, so that no process can hold the writer's lock over I/O.
 */
export interface Tables {
  readonly images: ImageTable;
  readonly indexes: IndexTable;
  readonly layers: LayerTable;
  readonly blobs: BlobTable;
  readonly cache: CacheTable;
  readonly selections: SelectionTable;
  readonly files: FileDigestTable;
  readonly containers: ContainerTable;
  readonly volumes: VolumeTable;
  readonly facts: FactTable;
  readonly sources: SourceTable;
  readonly searched: SearchedTable;
  readonly events: EventTable;
  readonly leases: LeaseTable;
  readonly networks: NetworkTable;
  readonly endpoints: EndpointTable;
}

/** One image: a config with its manifest. Stays until it is removed, named or not. */
export interface ImageRow {
  /** Digest of the config: the image ID. */
  readonly id: Digest;
  /** The manifest as it is kept, byte for byte, among the blobs. */
  readonly manifest: Descriptor;
  readonly platform: Platform;
  /** Top of its layer stack; absent for images without layers. */
  readonly chain?: ChainId;
  /** Milliseconds since the epoch, from the config; absent when the config says nothing. */
  readonly createdAt?: number;
  /** When this store got the image, in milliseconds since the epoch. */
  readonly storedAt: number;
  /** Bytes of file content in all layers, as Docker counts. */
  readonly size: number;
  /** The local image it was committed from, if any. */
  readonly parent?: Digest;
  /** From the config, for filters that should not read blobs. */
  readonly labels: Readonly<Record<string, string>>;
  /** When a name was last put on it, in milliseconds since the epoch. */
  readonly taggedAt?: number;
  /** When it was last run, built on, named, moved: see {@link ImageTable.use}. In milliseconds since the epoch. */
  readonly usedAt?: number;
}

/** A name that points at an image: canonical text, with a tag or with a digest, never both. */
export interface NameRow {
  /** `docker.io/library/alpine:latest` or `docker.io/library/alpine@sha256:…`. */
  readonly name: string;
  /** Where it points at an index: the image that is meant without another word. */
  readonly image: Digest;
  /** The index that it points at, if any. */
  readonly index?: Digest;
  readonly updatedAt: number;
}

/** The lines of a Dockerfile that an image was built from. */
export interface ImageSteps {
  /** Absolute path of the Dockerfile, or another stable name for it. */
  readonly file: string;
  /** So many entries of its history came with the image that it was made from. */
  readonly inherited: number;
  /** Of each entry after those: first and last line; null where the file has none for it. */
  readonly lines: readonly (readonly [number, number] | null)[];
}

/** Images and their names. */
export interface ImageTable {
  get(id: Digest): ImageRow | undefined;
  /** IDs that begin with these hex digits, `limit` at most (2 tells unique from ambiguous). */
  byPrefix(hex: string, limit: number): Digest[];
  byManifest(digest: Digest): ImageRow | undefined;
  list(): ImageRow[];
  children(id: Digest): Digest[];
  /** Images whose whole stack is one of these, those that came first, `limit` at most. */
  onChains(chains: readonly ChainId[], limit: number): ImageRow[];
  /** Undefined for images that were not built here. */
  steps(id: Digest): ImageSteps | undefined;
  /** Does nothing where the image is gone. */
  putSteps(id: Digest, steps: ImageSteps): void;
  /** Inserts or refreshes; keeps `storedAt` of a row that is there. */
  put(row: ImageRow): void;
  /** Removes the image with its names. Blobs and layers go with the next collection. */
  remove(id: Digest): void;
  /** Canonical name to image. */
  named(name: string): NameRow | undefined;
  names(id?: Digest): NameRow[];
  /**
   * Points `name` at `image`, or at `index` with that image meant first, and returns the image
   * that it pointed at before. An index that loses its last name so is forgotten; its images
   * stay.
   */
  tag(name: string, image: Digest, at: number, index?: Digest): Digest | undefined;
  /** Takes a name away; an index goes with its last one, its images stay. */
  untag(name: string): boolean;
  /** Remembers that an image was used. */
  use(id: Digest, at: number): void;
}

/** An image of an index that is here. */
export interface IndexMember {
  readonly image: Digest;
  /** Its entry in the index: the manifest, with the platform. */
  readonly manifest: Descriptor;
}

/** An index that is kept as it is, byte for byte, among the blobs. */
export interface IndexRow {
  readonly digest: Digest;
  readonly descriptor: Descriptor;
  readonly storedAt: number;
  /** In the order of the index. Entries whose images are not here are left out. */
  readonly members: readonly IndexMember[];
}

/** Indexes, and the images that belong to them. */
export interface IndexTable {
  get(digest: Digest): IndexRow | undefined;
  /** Digests that begin with these hex digits, `limit` at most. */
  byPrefix(hex: string, limit: number): Digest[];
  list(): IndexRow[];
  /**
   * Inserts or replaces. `blobs` are what it needs besides its images: manifests that are not
   * those of the image rows, attestations.
   */
  put(row: IndexRow, blobs: readonly Digest[]): void;
  blobs(digest: Digest): Digest[];
  remove(digest: Digest): void;
  /** Images that are part of an index which has a name. */
  named(): ReadonlySet<Digest>;
  isNamed(digest: Digest): boolean;
  /** The indexes that an image is part of. */
  of(image: Digest): Digest[];
}

/** A layer as a directory of the store; found by its diff ID, whatever lies beneath. */
export interface LayerRow {
  readonly diffId: DiffId;
  /** Bytes of its tar. */
  readonly size: number;
  /** Bytes of its files' content. */
  readonly contentSize: number;
  readonly entries: number;
  /** Version of the tar writer that gave the diff ID; 0 when the tar came from outside and its blob is kept. */
  readonly writer: number;
  /**
   * False until a sync of the file system followed its making. Such a layer counts only
   * while the machine has not rebooted since (`bootId`): power loss may have emptied it.
   */
  readonly synced: boolean;
  readonly bootId: string;
  readonly createdAt: number;
}

/** The line of a Dockerfile that made a layer. */
export interface OriginRow {
  readonly chain: ChainId;
  readonly diffId: DiffId;
  readonly instruction: string;
  readonly file?: string;
  readonly firstLine?: number;
  readonly lastLine?: number;
}

/** Layers and the stacks of them. */
export interface LayerTable {
  get(diffId: DiffId): LayerRow | undefined;
  list(): LayerRow[];
  /** Makes a layer known. The live leases of this open store hold it from now on. */
  put(row: LayerRow): void;
  /** Marks every unsynced layer of this boot in `diffIds` as synced. */
  markSynced(diffIds: readonly DiffId[]): void;
  /** The stack under a chain ID, bottom first; undefined when the chain, or any layer of it, is not here. */
  stack(chain: ChainId): LayerRow[] | undefined;
  /** Names a stack. Idempotent. The live leases of this open store hold it from now on. */
  putChain(chain: ChainId, parent: ChainId | undefined, diffId: DiffId): void;
  /** The names of a stack and of all that it stands on, bottom first; undefined when a link is missing. */
  chains(chain: ChainId): ChainId[] | undefined;
  putOrigin(row: OriginRow): void;
  /** Origins of the layers of a stack, by position from the bottom; undefined where unknown. */
  origins(chain: ChainId): (OriginRow | undefined)[];
}

/** Which blob holds a layer in which form. */
export interface LayerBlobRow {
  readonly diffId: DiffId;
  readonly blob: Descriptor;
}

/** Blobs of the store, and the layers that they hold. */
export interface BlobTable {
  has(digest: Digest): boolean;
  /** The blob store does this for what it stores. */
  put(digest: Digest, size: number): void;
  list(): { digest: Digest; size: number }[];
  /** Remembers that `blob` decompresses to the layer `diffId`. */
  putLayerBlob(row: LayerBlobRow): void;
  layerBlobs(diffId: DiffId): Descriptor[];
  /** What a blob decompresses to. */
  diffIdOf(blob: Digest): DiffId | undefined;
  /** Images need these blobs besides their config and manifest (layers kept as they came). */
  link(image: Digest, blob: Digest): void;
}

/** One thing a cache key was made of. */
export interface Ingredient {
  readonly kind:
    | 'instruction'
    | 'parent'
    | 'base'
    | 'arg'
    | 'env'
    | 'file'
    | 'mount'
    | 'platform'
    | 'flag';
  /** `NODE_ENV`, `src/a.ts`, `cache:npm`. Never a secret's value. */
  readonly name: string;
  /** Keyed hashes for the values of arguments. */
  readonly digest: Digest;
  /** What it was, for people: an instruction's text, a flag's value. Never the value of an ARG or ENV. */
  readonly text?: string;
}

/** A remembered result with what its key was made of: two records of one `place` that differ in one ingredient explain a miss. */
export interface CacheRow {
  readonly key: string;
  /**
   * Where in which build: Dockerfile path, stage, ordinal and text of the instruction, platform.
   * Finds the nearest earlier record.
   */
  readonly place: string;
  readonly ingredients: readonly Ingredient[];
  /** The stack that came out. */
  readonly chain: ChainId;
  /** The key that later steps build on when it is not `key` itself. */
  readonly canonicalKey?: string;
  readonly createdAt: number;
  readonly usedAt: number;
  /** Milliseconds it took to make. */
  readonly took: number;
  /** How often it was used, its making included; the table counts. */
  readonly uses?: number;
}

/** Records of builds. */
export interface CacheTable {
  get(key: string): CacheRow | undefined;
  /** Newest first. */
  at(place: string, limit: number): CacheRow[];
  /** Of the places that begin with `prefix`, newest first; with `text`, those that have an ingredient with it. */
  under(prefix: string, limit: number, text?: string): CacheRow[];
  /** The newest of all, newest first. */
  newest(limit: number): CacheRow[];
  /** Whether there was a record of this key that was removed, as far back as is known. */
  wasRemoved(key: string): boolean;
  put(row: CacheRow): void;
  /** Marks records as used once more. */
  touch(keys: readonly string[], at: number): void;
  /** The stacks that running operations hold. */
  held(): ChainId[];
  list(): CacheRow[];
  remove(key: string): void;
}

/**
 * Which files made up what a step read, by the digest of them all: names the file that changed.
 * Only so many are kept; what is missing here costs no more than a name.
 */
export interface SelectionTable {
  get(digest: Digest): Uint8Array | undefined;
  put(digest: Digest, list: Uint8Array): void;
}

/** Identity of a file's content as the file system tells it. */
export interface FileStamp {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
}

/** The persistent stat cache: a file whose stamp is unchanged is not read again. */
export interface FileDigestTable {
  get(stamp: FileStamp): Digest | undefined;
  put(rows: readonly { stamp: FileStamp; digest: Digest }[]): void;
}

/** A container record, kept as one JSON text beside the columns that queries need. */
export interface ContainerRow {
  readonly id: string;
  readonly name: string;
  readonly image: Digest;
  readonly chain?: ChainId;
  readonly createdAt: number;
  readonly state: ContainerState;
  /** Everything else, as its owner wrote it. */
  readonly json: string;
}

/** Docker's words for where a container is in its life. */
export type ContainerState =
  | 'created'
  | 'running'
  | 'paused'
  | 'restarting'
  | 'removing'
  | 'exited'
  | 'dead';

/** Containers. */
export interface ContainerTable {
  get(id: string): ContainerRow | undefined;
  /** By full ID, name or unique ID prefix. */
  find(text: string): ContainerRow | undefined;
  list(): ContainerRow[];
  /** Those of an image, oldest first. */
  of(image: Digest): ContainerRow[];
  put(row: ContainerRow): void;
  remove(id: string): void;
}

/** Small remembered answers, such as which runtime works on this machine. */
export interface FactTable {
  get(key: string): string | undefined;
  set(key: string, value: string): void;
}

/** Something that builds fetched from elsewhere. */
export interface SourceRow {
  /** For `http` the URL without credentials; for `git` the name of its directory in the store. */
  readonly key: string;
  readonly kind: 'http' | 'git';
  /** Kept as long as the row is. */
  readonly blob?: Digest;
  /** Everything else, as its owner wrote it. */
  readonly value: string;
  /** Milliseconds since the epoch. */
  readonly usedAt: number;
}

/** What builds fetched from elsewhere. */
export interface SourceTable {
  get(key: string): SourceRow | undefined;
  list(): SourceRow[];
  put(row: SourceRow): void;
  remove(key: string): void;
}

/** Which layers were searched for which values, and do not hold them. */
export interface SearchedTable {
  has(diffId: DiffId, needle: string): boolean;
  /** `needle` is a keyed digest of the value. */
  put(diffId: DiffId, needle: string): void;
}
