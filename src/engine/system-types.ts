import type { CallOptions } from '../base/progress.ts';

/** What `info` says. */
export interface SystemInfo {
  readonly version: string;
  readonly root: string;
  readonly storeId: string;
  readonly images: number;
  readonly containers: { readonly running: number; readonly stopped: number };
  readonly storageDriver: 'overlay';
  readonly fileSystem: string;
  readonly runtime:
    | { readonly name: string; readonly path: string; readonly version: string }
    | undefined;
  readonly runtimeNotes: readonly string[];
  readonly cgroups: 'v1' | 'v2' | 'hybrid' | 'none';
  readonly rootless: boolean;
  readonly kernel: string;
  readonly operatingSystem: string;
  readonly architecture: string;
  readonly cpus: number;
  /** Bytes. */
  readonly memory: number;
  readonly node: string;
  readonly warnings: readonly string[];
}

/** One thing that `system check` found wrong. */
export interface Problem {
  readonly kind: 'image' | 'blob' | 'layer' | 'chain' | 'cache' | 'litter' | 'name';
  readonly key: string;
  readonly what: string;
  /** True once it was mended or removed. */
  readonly repaired: boolean;
}

export interface CheckResult {
  readonly images: number;
  readonly blobs: number;
  readonly layers: number;
  readonly problems: readonly Problem[];
}

export interface System {
  info(): Promise<SystemInfo>;
  /** Re-hashes everything stored. With `repair`, drops what is damaged and what belongs to nobody. */
  check(
    options?: CallOptions & { readonly repair?: boolean; readonly quick?: boolean },
  ): Promise<CheckResult>;
  /** Forgets build results that no image needs. Returns bytes freed. */
  pruneCache(options?: {
    readonly all?: boolean;
  }): Promise<{ readonly bytes: number; readonly records: number }>;
}
