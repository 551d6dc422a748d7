import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { CacheRequest } from './cache-types.ts';

/** What to build. Everything but the context has a default. */
export interface BuildRequest {
  /** A directory. `undefined`: an empty context (Dockerfile from stdin with `-`). */
  readonly context: string | undefined;
  /** Path of the Dockerfile, or its text. Default: `Dockerfile` in the context. */
  readonly dockerfile?: { readonly path: string } | { readonly text: string };
  readonly tags?: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  /** Names that stand for a directory or, as `docker-image://NAME`, for an image. */
  readonly contexts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: Platform;
  readonly network?: 'default' | 'host' | 'none';
  /** `host:ip` pairs for /etc/hosts of RUN. */
  readonly extraHosts?: readonly string[];
  /** Look no result up; store new ones. */
  readonly noCache?: boolean;
  /** Stages whose results are not looked up. */
  readonly noCacheFilter?: readonly string[];
  /** Seconds since the epoch: later times are clamped to it. */
  readonly sourceDateEpoch?: number;
  readonly shmSize?: number;
  /** Caches elsewhere. */
  readonly cache?: CacheRequest;
}

/** What came out. */
export interface BuildResult {
  /** The image ID. */
  readonly id: Digest;
  readonly manifest: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  /** Familiar names that point at it now. */
  readonly names: readonly string[];
  readonly steps: number;
  readonly cached: number;
}
