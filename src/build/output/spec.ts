import type { Bytes } from '../../base/bytes.ts';
import type { Platform } from '../../oci/platform.ts';

/** Where an annotation goes. */
export type AnnotationPlace = 'manifest' | 'index' | 'manifest-descriptor' | 'index-descriptor';

/** One `annotation[-place][[platform]].key=value`. */
export interface OutputAnnotation {
  readonly place: AnnotationPlace;
  /** The platform whose manifest it is for; absent for all. */
  readonly platform?: Platform;
  readonly key: string;
  readonly value: string;
}

/** In what form an image is written; what is left out has the default of its output. */
export interface ImageOutputOptions {
  /** False for Docker's media types. */
  readonly ociMediaTypes?: boolean;
  readonly compression?: 'uncompressed' | 'gzip' | 'zstd';
  /** gzip 0 to 9, zstd 1 to 22. */
  readonly compressionLevel?: number;
  /** Also layers that came compressed in another way. */
  readonly forceCompression?: boolean;
  /** Attestations as artifacts with a subject. */
  readonly ociArtifact?: boolean;
  readonly annotations?: readonly OutputAnnotation[];
}

/** A place for one file. */
export type FilePlace =
  /** Absolute; it appears whole or not at all. */
  | { readonly path: string }
  /** Standard output: takes the stream to its end. */
  | { readonly write: (bytes: Bytes) => Promise<void> };

/** The root file system, in a directory. */
export interface LocalOutput {
  readonly type: 'local';
  /** Absolute. */
  readonly directory: string;
  /** `delete` empties the directory of all else. */
  readonly mode?: 'copy' | 'delete';
  /** A sub-directory for each platform; by default where there are several. */
  readonly platformSplit?: boolean;
}

/** The root file system, as one tar. */
export interface TarOutput {
  readonly type: 'tar';
  readonly to: FilePlace;
  readonly platformSplit?: boolean;
}

/** An image archive: an OCI layout, or Docker's, which is one too. */
export interface ArchiveOutput extends ImageOutputOptions {
  readonly type: 'oci' | 'docker';
  /** A tar, or a directory for an unpacked layout (absolute). */
  readonly to: FilePlace | { readonly directory: string };
  /** Besides those of the build. */
  readonly names?: readonly string[];
}

/** An image of the store, of a registry, or of both. */
export interface ImageOutput extends ImageOutputOptions {
  readonly type: 'image';
  /** Besides those of the build. */
  readonly names?: readonly string[];
  readonly push?: boolean;
  /** Push without a tag. */
  readonly pushByDigest?: boolean;
  /** Plain HTTP, or a certificate that nobody vouches for. */
  readonly insecure?: boolean;
  /** Name it `name@digest` too. */
  readonly nameCanonical?: boolean;
  /** Without a name: call it `prefix@digest`. */
  readonly danglingNamePrefix?: string;
  /** False: the store does not get it. */
  readonly store?: boolean;
}

/** Build, and keep nothing but the cache. */
export interface CacheOnlyOutput {
  readonly type: 'cacheonly';
}

/** What comes out of a build. */
export type Output = LocalOutput | TarOutput | ArchiveOutput | ImageOutput | CacheOnlyOutput;

/** A list of the packages in an image. */
export interface SbomOptions {
  /** Of the program that makes it. */
  readonly toolVersion: string;
}

/** A statement about how an image came to be. */
export interface ProvenanceOptions {
  readonly mode: 'min' | 'max';
  readonly version: 'v0.2' | 'v1';
  readonly builderId?: string;
  /** Times of the build are those that a reproducible one would have. */
  readonly reproducible?: boolean;
}
