import type { S3CachePlace } from '../build/cache/s3-cache.ts';
import type { Digest } from '../oci/digest.ts';

/** Where a cache of build results lies. */
export type CachePlace =
  | {
      readonly type: 'local';
      /** Absolute. */
      readonly path: string;
      readonly tag: string;
      readonly digest?: Digest;
      /** Writing removes what the new cache does not need. */
      readonly reset: boolean;
    }
  | {
      readonly type: 'registry';
      /** As typed. */
      readonly reference: string;
    }
  | ({ readonly type: 's3' } & S3CachePlace);

/** One `--cache-from`. */
export interface CacheImport {
  readonly place: CachePlace;
}

/** One `--cache-to` that lies outside the image. */
export interface CacheExport {
  readonly place: CachePlace;
  /** The steps of the final image's stage only, or of all stages. */
  readonly mode: 'min' | 'max';
  readonly compression: 'uncompressed' | 'gzip' | 'zstd';
  readonly level?: number;
  /** Also layers that came compressed another way. */
  readonly force: boolean;
  readonly family: 'oci' | 'docker';
  /** An image manifest over all blobs; else an index. */
  readonly imageManifest: boolean;
  /** A failure is a warning. */
  readonly ignoreError: boolean;
  /** Cache mounts that the build's steps name and that travel with it; none unless given. */
  readonly mounts?: {
    /** Absent: all of them. */
    readonly ids?: readonly string[];
    /** Bytes that all of them may have; those used longest ago stay behind. */
    readonly most?: number;
  };
}

/** Caches of a build, besides the store's own. */
export interface CacheRequest {
  readonly from?: readonly CacheImport[];
  readonly to?: readonly CacheExport[];
  /** The image carries the cache of its own steps. */
  readonly inline?: boolean;
}
