import type { CallOptions } from '../base/progress.ts';
import type { BootPlace, BootService } from './boot-types.ts';
import type { ContainerSummary } from './container-types.ts';
import type { ImageSummary } from './engine.ts';
import type { EventRequest, StaveEvent } from './event-types.ts';
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

/** The store as a whole, by verb. */
export interface System {
  info(): Promise<SystemInfo>;
  /** What containers need of the machine, for the user with this ID. */
  examine(caller: number): AsyncIterable<MachineFinding>;
  /** Re-hashes everything stored. With `repair`, drops what is damaged and what belongs to nobody. */
  check(
    options?: CallOptions & { readonly repair?: boolean; readonly quick?: boolean },
  ): Promise<CheckResult>;
  /** What the build cache holds. */
  cacheUsage(filter?: CacheFilter): Promise<CacheUsage>;
  /** Forgets build results: those that no image needs, or all of them, within limits. */
  pruneCache(options?: CachePruneRequest): Promise<CachePruned>;
  /** What everything stored takes on the disk. */
  diskUsage(): Promise<DiskUsage>;
  /** Every byte of the store once: what holds it, and what would free it. The largest first. */
  whySpace(): Promise<readonly HeldSpace[]>;
  /** Starting containers after a boot. */
  boot(place: BootPlace): Promise<BootService>;
  /** What happened and happens, oldest first, whatever process does it. */
  events(request?: EventRequest): AsyncIterable<StaveEvent>;
}

/** One thing that builds keep: a result, a cache mount, or what was fetched for them. */
export interface CacheEntry {
  /** 25 letters and digits. */
  readonly id: string;
  readonly type: 'regular' | 'exec.cachemount' | 'source.http' | 'source.git.checkout';
  readonly description: string;
  /** IDs of the results that it was made from. */
  readonly parents: readonly string[];
  readonly created: Date;
  readonly used: Date;
  readonly uses: number;
  /** Bytes: of a result, of the layer that it added. */
  readonly size: number;
  /** An image or a container has the same layer. */
  readonly shared: boolean;
  /** A running build holds it. */
  readonly inUse: boolean;
  readonly mutable: boolean;
}

/** The build cache as a whole. Every byte is counted once. */
export interface CacheUsage {
  /** Last used first. */
  readonly entries: readonly CacheEntry[];
  /** Bytes of all entries. */
  readonly total: number;
  /** Bytes that images or containers need, too. */
  readonly shared: number;
  /** Bytes that forgetting everything would give back. */
  readonly reclaimable: number;
}

/** Which entries of the build cache. All conditions must hold. */
export interface CacheFilter {
  /** Not used since. */
  readonly usedBefore?: Date;
  readonly conditions?: readonly CacheCondition[];
}

/** A condition on one property. `like` is a regular expression. */
export interface CacheCondition {
  readonly property:
    | 'id'
    | 'parent'
    | 'type'
    | 'description'
    | 'inuse'
    | 'shared'
    | 'private'
    | 'mutable'
    | 'immutable';
  readonly match: 'is' | 'not' | 'like';
  /** `true` or `false` for the last five. */
  readonly value: string;
}

/** What to forget. Without limits everything that passes. */
export interface CachePruneRequest {
  /** Also results that images have. */
  readonly all?: boolean;
  readonly filter?: CacheFilter;
  /** Bytes that stay in any case. */
  readonly reserved?: number;
  /** Bytes that the cache may take. */
  readonly maxUsed?: number;
  /** Bytes that are to be free on the file system. */
  readonly minFree?: number;
}

/** What was forgotten. */
export interface CachePruned {
  readonly removed: readonly CacheEntry[];
  /** What the disk got back. */
  readonly bytes: number;
}

/** Sizes by kind, in bytes; layers that several have are counted once. */
export interface DiskUsage {
  readonly images: UsageOf & { readonly rows: readonly ImageUsage[] };
  readonly containers: UsageOf & { readonly rows: readonly ContainerUsage[] };
  readonly volumes: UsageOf & { readonly rows: readonly VolumeUsage[] };
  readonly cache: UsageOf & { readonly rows: readonly CacheEntry[] };
}

/** One kind of thing. */
export interface UsageOf {
  readonly total: number;
  readonly active: number;
  readonly size: number;
  readonly reclaimable: number;
}

/** An image with what removing it alone would give back. */
export interface ImageUsage {
  readonly image: ImageSummary;
  readonly shared: number;
  readonly unique: number;
}

/** A container with what it wrote. */
export interface ContainerUsage {
  readonly container: ContainerSummary;
  readonly size: number;
  /** Volumes that it has. */
  readonly volumes: number;
}

/** A volume. */
export interface VolumeUsage {
  readonly name: string;
  readonly size: number;
  /** Containers that have it. */
  readonly links: number;
}

/** A part of the store, and what keeps it there. */
export interface HeldSpace {
  readonly kind: 'Images' | 'Containers' | 'Local Volumes' | 'Build Cache' | 'Store';
  readonly name: string;
  readonly bytes: number;
  /** `image app:1`, `container web`, `build cache`: all of them must go. */
  readonly heldBy: readonly string[];
  /** The command, or what else will free it; empty where nothing will. */
  readonly freedBy: string;
}

/** Something that containers need, and what was found. */
export interface MachineFinding {
  /** `runtime`, `subuid`. */
  readonly what: string;
  /** `note`: containers do without, and have less. */
  readonly outcome: 'ok' | 'note' | 'failed';
  /** One line. */
  readonly text: string;
  /** What grants it. */
  readonly hint?: string;
}
