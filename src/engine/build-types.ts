import type { Bytes } from '../base/bytes.ts';
import type { Digest } from '../oci/digest.ts';
import type { Platform } from '../oci/platform.ts';
import type {
  FilePlace,
  ImageOutputOptions,
  Output,
  OutputAnnotation,
  ProvenanceOptions,
} from '../build/output/spec.ts';
import type { CacheRequest } from './cache-types.ts';

/** What comes out of a build, and where it goes. */
export type BuildOutput = Output;
export type { FilePlace, ImageOutputOptions, OutputAnnotation, ProvenanceOptions };

/** What RUN gets from whoever builds, and what it is limited to. None of it is part of a cache key. */
export interface BuildRunRequest {
  /** Values of secret mounts by their id. */
  readonly secrets?: Readonly<Record<string, Uint8Array>>;
  /** Ids of secrets, SSH keys and build arguments that may be in the result. */
  readonly allowLeaks?: readonly string[];
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
  /**
   * A directory, an archive as a stream (plain or compressed), or a URL: a git repository, an
   * archive, or a Dockerfile. `undefined`: an empty context (Dockerfile from stdin with `-`).
   */
  readonly context: string | { readonly tar: Bytes } | { readonly url: string } | undefined;
  /**
   * Path of the Dockerfile (inside the context where that is no directory), or its text.
   * Default: `Dockerfile` in the context.
   */
  readonly dockerfile?: { readonly path: string } | { readonly text: string };
  readonly tags?: readonly string[];
  readonly args?: Readonly<Record<string, string>>;
  /** `HTTP_PROXY` and the like of the caller's environment; those in `args` come before them. */
  readonly proxies?: Readonly<Record<string, string>>;
  /**
   * Names that stand for a directory, a URL (as `context`), an image as `docker-image://NAME`,
   * or one in a layout as `oci-layout://DIRECTORY[:TAG|@DIGEST]`. A name with `::PLATFORM` behind
   * it is for that platform.
   */
  readonly contexts?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target?: string;
  readonly platform?: Platform;
  /** Several: an index of them. Instead of `platform`. */
  readonly platforms?: readonly Platform[];
  /** By default an image of the store. Only image outputs name one there. */
  readonly outputs?: readonly BuildOutput[];
  /** For every output that has room for them. */
  readonly annotations?: readonly OutputAnnotation[];
  /** Attach a statement of how the image was made. */
  readonly provenance?: ProvenanceOptions;
  /** Attach a list of the packages in it, in SPDX's form. */
  readonly sbom?: boolean;
  /** What is attached is pushed after the image, as something that refers to it: no index is made of it. */
  readonly referrers?: boolean;
  /** Only tell it in the result: see `BuildResult.images`. */
  readonly describe?: ProvenanceOptions;
  /** Everything above the base image becomes one layer. */
  readonly squash?: boolean;
  readonly network?: 'default' | 'host' | 'none';
  /** `host:ip` pairs for /etc/hosts of RUN. */
  readonly extraHosts?: readonly string[];
  /** Look no result up; store new ones. */
  readonly noCache?: boolean;
  /** Stages whose results are not looked up. */
  readonly noCacheFilter?: readonly string[];
  /** Ask registries for base images, whatever the store has. */
  readonly pull?: boolean;
  /**
   * Seconds since the epoch: later times are clamped to it. `context`: the date of the context,
   * see `reproducible`.
   */
  readonly sourceDateEpoch?: number | 'context';
  /**
   * Clamps times to the date of the context where no other is given: that of its git commit,
   * else of the newest file that the build reads.
   */
  readonly reproducible?: boolean;
  /** Say of remembered results, too, where they come from. */
  readonly explain?: boolean;
  /** Fail on the first step that would have to run. */
  readonly assertCached?: boolean;
  /** Remember no result. */
  readonly forget?: boolean;
  /** Is told of a RUN that failed, while what it left is still there to be looked at. */
  readonly failed?: (step: FailedRun) => Promise<void>;
  readonly shmSize?: number;
  /** Bytes that the build cache may take; when this build adds to it, what was used longest ago goes. */
  readonly cacheBudget?: number;
  /** Caches elsewhere. */
  readonly cache?: CacheRequest;
}

/** What a failed RUN left, until the call that told of it returns. */
export interface FailedRun {
  /** Of the step: `[build 3/5] RUN make`. */
  readonly name: string;
  readonly message: string;
  /** The shell that {@link open} starts; undefined where the image has none. */
  readonly shell: string | undefined;
  /** A shell on this process's terminal, as the command left things; nothing of it is kept. */
  readonly open: (term: string | undefined) => Promise<void>;
}

/** What came out. */
export interface BuildResult {
  /** The image ID; of several platforms the digest of the index. */
  readonly id: Digest;
  /** The manifest, or the index of several. */
  readonly manifest: { readonly mediaType: string; readonly digest: Digest; readonly size: number };
  /** One for each platform. */
  readonly images: readonly {
    readonly platform: Platform;
    readonly id: Digest;
    readonly manifest: BuildResult['manifest'];
    /** How it was made, in the words of SLSA, where that was asked for. */
    readonly provenance?: object;
  }[];
  /** Familiar names that point at it now, or that its archives give it. */
  readonly names: readonly string[];
  readonly steps: number;
  readonly cached: number;
}
