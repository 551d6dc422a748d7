import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type { CacheRequest } from './cache-types.ts';

/** What RUN gets from whoever builds, and what it is limited to. None of it is part of a cache key. */
export interface BuildRunRequest {
  /** Values of secret mounts by their id. */
  readonly secrets?: Readonly<Record<string, Uint8Array>>;
  /** For ssh mounts, by id: the socket of an agent, or files of private keys without passphrase. */
  readonly ssh?: Readonly<Record<string, readonly string[]>>;
  /** `network.host`, `security.insecure`, `device`, `device=NAME`. */
  readonly allow?: readonly string[];
  /** -1 is without limit. */
  readonly ulimits?: readonly {
    readonly type: string;
    readonly soft: number;
    readonly hard: number;
  }[];
  /** Bytes. */
  readonly memory?: number;
  /** Bytes of memory and swap together; -1 is without limit. */
  readonly memorySwap?: number;
  readonly cpuShares?: number;
  /** Microseconds. */
  readonly cpuPeriod?: number;
  readonly cpuQuota?: number;
  readonly cpusetCpus?: string;
  readonly cpusetMems?: string;
  readonly cgroupParent?: string;
  readonly noNewPrivileges?: boolean;
  readonly seccompUnconfined?: boolean;
}

/** What to build. Everything but the context has a default. */
export interface BuildRequest extends BuildRunRequest {
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
