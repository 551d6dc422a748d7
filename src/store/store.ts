import type { Clock } from '../base/clock.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import type { BlobStore } from './blob-store.ts';
import type { StorePaths } from './paths.ts';
import type { Tables } from './tables.ts';

/** Forbids a promise as the value of a transaction: its body cannot await. */
export type NotPromise<T> = T extends PromiseLike<unknown> ? never : T;

/**
 * The disk: database, blobs, leases. Any number of processes share one without a daemon.
 * Reading needs no lock; writing takes SQLite's for milliseconds; what must live longer is
 * held by a {@link Lease}.
 */
export interface Store extends Disposable {
  readonly paths: StorePaths;
  /** 12 hex digits, made with the store; tells the cgroups and networks of stores apart. */
  readonly id: string;
  readonly clock: Clock;
  readonly blobs: BlobStore;
  read<T>(body: (tables: Tables) => NotPromise<T>): T;
  /** Durable when it returns: for everything that names, un-names or deletes. */
  write<T>(body: (tables: Tables) => NotPromise<T>): T;
  /** Atomic, but power loss may undo it: for what can be made again (cache records, file digests). */
  note<T>(body: (tables: Tables) => NotPromise<T>): T;
  /** Keeps things from the collector while they are not yet reachable from a name. */
  lease(purpose: string): Lease;
  /** Removes what neither images, containers, cache records nor live leases reach. Returns bytes freed. */
  collect(): Promise<CollectResult>;
  /**
   * Looks whether everything is there and is what it should be. With `repair`, drops what is
   * damaged and what belongs to nobody.
   */
  check(options?: CheckOptions): Promise<CheckResult>;
}

/** One thing that a check found wrong. */
export interface Problem {
  readonly kind: 'store' | 'image' | 'blob' | 'layer' | 'chain' | 'cache' | 'litter' | 'name';
  /** A digest, a name, or a path. */
  readonly key: string;
  readonly what: string;
  /** True once it was mended or removed. */
  readonly repaired: boolean;
}

/** What a check of the store has looked at and found. */
export interface CheckResult {
  readonly images: number;
  readonly blobs: number;
  readonly layers: number;
  readonly problems: readonly Problem[];
}

/** How a store is checked. */
export interface CheckOptions extends CallOptions {
  readonly repair?: boolean;
  /** Does not read contents: sizes and presence only. */
  readonly quick?: boolean;
  /** Re-hashes a layer's directory; says what is wrong, or nothing. The store knows no layers. */
  readonly verifyLayer?: (diffId: DiffId, options: CallOptions) => Promise<string | undefined>;
}

/** What the collector has removed. */
export interface CollectResult {
  readonly bytes: number;
  readonly layers: number;
  readonly blobs: number;
}

/**
 * Protects what a running operation made or found. Alive exactly as long as its file lock
 * is held, so a killed process needs no timeout to be noticed. Leaving the scope ends it
 * and removes its directory.
 */
export interface Lease extends Disposable {
  readonly id: string;
  /** Scratch on the store's file system: what is finished here is renamed into place. Made on first use. */
  readonly directory: string;
  /**
   * Until the lease ends. First hold, then look whether it is there, or put it into place:
   * what is held without being known to any table goes when the lease ends. An image is held
   * with all that it is made of.
   */
  hold(kind: 'blob' | 'layer' | 'chain' | 'image' | 'git', key: string): void;
  /** An index with all of its images that are here. */
  holdIndex(digest: Digest): void;
}

/** How to open a store. */
export interface StoreOptions {
  readonly clock?: Clock;
  /** Fail instead of making a store where there is none. */
  readonly mustExist?: boolean;
}
