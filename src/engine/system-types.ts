import type { CallOptions } from '../base/progress.ts';
import type { CheckResult } from '../store/store.ts';

export type { CheckResult } from '../store/store.ts';

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
