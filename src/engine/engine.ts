import type { Bytes } from '../base/bytes.ts';
import type { StaveError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import type { Platform } from '../oci/platform.ts';
import type { Attestations } from './attestation-types.ts';
import type { AuditReport, ImageLintFinding } from './audit-types.ts';
import type { BuildRequest, BuildResult } from './build-types.ts';
import type { CheckReport, Outline, TargetList } from './dockerfile-types.ts';
import type {
  ArchiveCall,
  Inventory,
  SaveCall,
  SavedArchive,
  SaveDirectoryCall,
} from './archive-types.ts';
import type { Commit } from './commit-types.ts';
import type { Containers } from './container-types.ts';
import type { Contexts } from './context-types.ts';
import type { Copied, CopyRequest } from './copy-types.ts';
import type { CopyFiles } from './cp-types.ts';
import type { Freshening } from './freshness-types.ts';
import type { ManifestLists } from './list-types.ts';
import type { Networks } from './network-types.ts';
import type { ImagePrunePlan, ImagePruneRequest, ImagesPruned } from './prune-types.ts';
import type { Recordings } from './recording-types.ts';
import type { Registries } from './registry-types.ts';
import type { ImageIndex } from './image-index.ts';
import type { ImageTree } from './image-trees.ts';
import type {
  Blame,
  BlameOptions,
  CompareOptions,
  Comparison,
  Explanation,
  ExplainOptions,
  ImageLayers,
  StepOrigin,
  TextDifference,
} from './understand-types.ts';
import type { System } from './system-types.ts';
import type { Trust, TrustAnchor } from './trust-types.ts';
import type { Verification } from './verify-types.ts';
import type { Volumes } from './volume-types.ts';

/** Everything stave can do, by noun and verb. The CLI, the HTTP doors and scripts all come in here. */
export interface Engine extends AsyncDisposable {
  readonly images: Images;
  readonly containers: Containers;
  readonly networks: Networks;
  readonly volumes: Volumes;
  readonly copyFiles: CopyFiles;
  readonly recordings: Recordings;
  readonly system: System;
  readonly contexts: Contexts;
  readonly registries: Registries;
  readonly lists: ManifestLists;
  readonly freshness: Freshening;
  readonly trust: Trust;
  readonly attestations: Attestations;
  /** See {@link Commit}. */
  readonly commit: Commit;
  build(request: BuildRequest, options?: CallOptions): Promise<BuildResult>;
  /**
   * Builds an image again without any cache and says whether, and in what, the result differs;
   * nothing of it is kept. Throws ImageNotFoundError, BuildError.
   */
  verify(image: string, request: BuildRequest, options?: CallOptions): Promise<Verification>;
  /** Lints a Dockerfile; builds and writes nothing. Throws BuildError when there is none. */
  check(request: BuildRequest): Promise<CheckReport>;
  /** What the target of a Dockerfile can be given. Throws BuildError. */
  outline(request: BuildRequest): Promise<Outline>;
  /** The stages of a Dockerfile. Throws BuildError. */
  targets(request: BuildRequest): Promise<TargetList>;
}

/** One image of a listing. */
export interface ImageSummary {
  readonly id: Digest;
  /** Familiar names with their tags, in the order of their full names. */
  readonly tags: readonly string[];
  /** Familiar `name@digest`s, likewise. */
  readonly digests: readonly string[];
  /** From the config; absent where it says nothing. */
  readonly created: Date | undefined;
  /** When this store got it. */
  readonly stored: Date;
  /** Bytes of file content in all layers. */
  readonly size: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly platform: Platform;
  readonly parent: Digest | undefined;
  /** Containers of it, running or not. */
  readonly containers: number;
}

/** Values of one key are ORed, keys are ANDed; values of `label` are ANDed. */
export interface ImageFilter {
  readonly dangling?: boolean;
  /** `key` or `key=value`. */
  readonly label?: readonly string[];
  /** As `label`, but such images are left out. */
  readonly labelNot?: readonly string[];
  /** How the ID begins, in hex digits. */
  readonly id?: readonly string[];
  /** How the digest of the manifest, of the index or of a name begins, in hex digits. */
  readonly digest?: readonly string[];
  /** Whether containers are there that were made of it. */
  readonly containers?: boolean;
  /** Whether it has no name and others were made from it. */
  readonly intermediate?: boolean;
  /** Whether a name of it means an index. */
  readonly index?: boolean;
  /** Globs over names. */
  readonly reference?: readonly string[];
  /** Older than this image. */
  readonly before?: readonly string[];
  /** Newer than this image. */
  readonly since?: readonly string[];
  /** Older than this time. */
  readonly until?: Date;
}

/** One row of `history`, newest first. */
export interface HistoryRow {
  /**
   * Of an image that is here: in the first row, and where another one ends with this step.
   * Else, of a step that was built here, a digest of it and of all before it: images that begin
   * alike have the same.
   */
  readonly id: Digest | undefined;
  readonly created: Date | undefined;
  readonly createdBy: string;
  /** Bytes of file content that the step added; 0 for steps without a layer. */
  readonly size: number;
  readonly comment: string;
  /** Dockerfile and lines that made it, where stave built it. */
  readonly origin?: StepOrigin;
}

/** What `rmi` and `prune` did, in order. */
export type RemovalEvent = { readonly untagged: string } | { readonly deleted: string };

/** What became of one name that was to be removed. */
export type RemovalOutcome =
  | { readonly events: readonly RemovalEvent[] }
  | { readonly error: StaveError };

/** Everything known of one image; the door shapes it. */
export interface ImageDetails extends ImageSummary {
  readonly config: ImageConfig;
  readonly layers: readonly string[];
  readonly manifest: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  /** The index that was named, where no platform of it was asked for. */
  readonly index?: ImageIndex;
  readonly tagged: Date | undefined;
  /** Overlay directories of its layers, top first. */
  readonly directories: readonly string[];
}

/** What `import` may be told. */
export interface ImportRequest {
  readonly name?: string;
  readonly message?: string;
  /** Dockerfile instructions, one each (the eleven of `commit -c`). */
  readonly changes?: readonly string[];
  readonly platform?: Platform;
  /** For the default message: `-`, a path, a URL. */
  readonly label?: string;
}

/** What `load` found. */
export interface Loaded {
  readonly id: Digest;
  /** Familiar names; empty for an image without one. */
  readonly names: readonly string[];
  /** Tags that an OCI layout gives it without saying of what; they name nothing. */
  readonly tags?: readonly string[];
}

/** What `pull` may be told. */
export interface PullRequest {
  readonly name: string;
  /** Every tag of the repository. */
  readonly all?: boolean;
  readonly platform?: Platform;
  /** An index as a whole: the images of all platforms of Linux, and its attestations. */
  readonly allPlatforms?: boolean;
  /** A signature must be there that holds with one of these. */
  readonly requireSignature?: readonly TrustAnchor[];
}

/** What `pull` brought. */
export interface Pulled {
  readonly id: Digest;
  /** What the name points at in the registry: an index or a manifest. */
  readonly digest: Digest;
  /** False when the same image had the name already. */
  readonly isNew: boolean;
  /** Familiar, and whole. */
  readonly name: string;
  readonly fullName: string;
  readonly warning?: string;
}

/** What `push` may be told. */
export interface PushRequest {
  readonly name: string;
  /** Every tag of the repository that is here. */
  readonly all?: boolean;
  /** Of an index, this image alone. */
  readonly platform?: Platform;
  /** Bytes of a piece in which blobs are sent; in one by default. */
  readonly chunk?: number | undefined;
  /** How layers are packed that were made here; gzip unless given. */
  readonly compression?: 'gzip' | 'zstd' | undefined;
}

/** What `push` sent. */
export interface Pushed {
  /** Familiar. */
  readonly name: string;
  readonly digest: Digest;
  readonly size: number;
}

/** Images and their names. Names are taken as typed: `alpine`, an ID, an ID's beginning. */
export interface Images {
  list(filter?: ImageFilter & { readonly all?: boolean }): Promise<ImageSummary[]>;
  /** The same images, with the platforms of those that are indexes. */
  listTrees(filter?: ImageFilter & { readonly all?: boolean }): Promise<ImageTree[]>;
  /**
   * Of an index, the image for `platform`, or else for this machine. Throws
   * ImageNotFoundError, AmbiguousImageError, PlatformNotFoundError.
   */
  inspect(name: string, platform?: Platform): Promise<ImageDetails>;
  history(name: string, platform?: Platform): Promise<HistoryRow[]>;
  /** Looks for credentials in an image and its layers. Throws as {@link inspect}. */
  audit(
    name: string,
    options?: CallOptions & { readonly platform?: Platform | undefined },
  ): Promise<AuditReport>;
  /** What is doubtful in an image: the checks that a build makes of its result. Throws as {@link inspect}. */
  lint(
    name: string,
    options?: CallOptions & { readonly platform?: Platform | undefined },
  ): Promise<readonly ImageLintFinding[]>;
  /** Where the bytes of an image are, and which of them it could do without. */
  explain(name: string, options?: ExplainOptions): Promise<Explanation>;
  /**
   * Which layers and lines made the names that `paths` stand for: files, directories with all
   * below them, patterns. Throws PathNotFoundError.
   */
  blame(name: string, paths: readonly string[], options?: BlameOptions): Promise<Blame>;
  /**
   * In what two images or containers differ; a name means an image before it means a container.
   * Throws ImageNotFoundError.
   */
  diff(before: string, after: string, options?: CompareOptions): Promise<Comparison>;
  /** The layers of an image, with the images that have them, too. */
  layers(name: string, platform?: Platform): Promise<ImageLayers>;
  /** One file of both as a unified diff. Throws PathNotFoundError, InvalidInputError. */
  diffFile(
    before: string,
    after: string,
    path: string,
    options?: CallOptions & { readonly platform?: Platform },
  ): Promise<TextDifference>;
  /** Throws ImageNotFoundError, InvalidReferenceError. */
  tag(source: string, target: string): Promise<void>;
  /** Throws ImageConflictError by the rules of `rmi`. */
  remove(
    name: string,
    options?: {
      readonly force?: boolean;
      readonly prune?: boolean;
      /** Of an index, only the image for this platform. */
      readonly platform?: Platform;
    },
  ): Promise<RemovalEvent[]>;
  /** As `remove`, of many at once; what cannot go is told with its error, and the others go. */
  removeAll(
    names: readonly string[],
    options?: Parameters<Images['remove']>[1],
  ): Promise<readonly RemovalOutcome[]>;
  /** Takes a name away; the image stays. Returns the familiar name. Throws ImageNotFoundError, NotANameError. */
  untag(name: string): Promise<string>;
  /** Whether an image goes by this name or ID. Throws InvalidReferenceError, AmbiguousImageError. */
  exists(name: string): Promise<boolean>;
  prune(request?: ImagePruneRequest): Promise<ImagesPruned>;
  /** What `prune` would do, and why. */
  planPrune(request?: ImagePruneRequest): Promise<ImagePrunePlan>;
  /** Throws RemoteNotFoundError, RegistryAccessError, RegistryError, NetError, UntrustedError. */
  pull(request: PullRequest, options?: CallOptions): Promise<Pulled>;
  /** Throws NotPushableError, RegistryAccessError, RegistryError, NetError. */
  push(request: PushRequest, options?: CallOptions): Promise<readonly Pushed[]>;
  /**
   * Copies an image, or an index with all of its images, between registries, the store,
   * layouts and archives; documents and layers keep their digests unless a format is asked for.
   * Throws what reading the one place and writing the other throws.
   */
  copy(request: CopyRequest, options?: CallOptions): Promise<Copied>;
  /**
   * Docker's archive: an OCI layout with `manifest.json` in one tar. An index is saved with
   * all of its images that are here; with a platform, that image alone.
   */
  save(names: readonly string[], options?: SaveCall): Promise<SavedArchive>;
  /** The same unpacked. A layout that is there already keeps its other images. */
  saveDirectory(
    names: readonly string[],
    directory: string,
    options: SaveDirectoryCall,
  ): Promise<void>;
  inventory(): Promise<Inventory>;
  /** An archive, or the directory of an unpacked OCI layout. */
  load(
    archive: Bytes | { readonly directory: string },
    options?: ArchiveCall,
  ): Promise<readonly Loaded[]>;
  /** A file system tar, plain or compressed, as an image of one layer. */
  import(
    archive: Bytes | { readonly url: string },
    request?: ImportRequest,
    options?: CallOptions,
  ): Promise<Digest>;
}
