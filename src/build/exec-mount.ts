/** Where a mount's files come from. */
export type MountOrigin =
  | { readonly kind: 'empty' }
  /** The main context, or a named one. */
  | { readonly kind: 'context'; readonly name?: string }
  /** One of the vertex's inputs. */
  | { readonly kind: 'input'; readonly index: number };

/** Files of a context, a stage or an image. Writes go to a copy that is dropped. */
export interface BindMount {
  readonly type: 'bind';
  readonly target: string;
  readonly readonly: boolean;
  readonly origin: MountOrigin;
  /** Absolute in its origin. */
  readonly source: string;
}

/** A directory that outlives the build. */
export interface CacheMount {
  readonly type: 'cache';
  readonly target: string;
  readonly readonly: boolean;
  readonly id: string;
  /** Keeps caches of the same id apart; empty by default. */
  readonly namespace: string;
  readonly sharing: 'shared' | 'private' | 'locked';
  /** What a new one begins with; with an empty origin `source` is the part that is mounted. */
  readonly origin: MountOrigin;
  readonly source: string;
  /** Of a new one. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A directory in memory that ends with the step. */
export interface TmpfsMount {
  readonly type: 'tmpfs';
  readonly target: string;
  /** Bytes. */
  readonly size?: number;
}

/** A value that leaves no trace: as a file, as a variable, or both. */
export interface SecretMount {
  readonly type: 'secret';
  readonly id: string;
  readonly target?: string;
  readonly env?: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** A socket to the keys of whoever builds. */
export interface SshMount {
  readonly type: 'ssh';
  readonly id: string;
  readonly target: string;
  readonly required: boolean;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** One `--mount` of a RUN, with all defaults filled in. Targets are absolute. */
export type ExecMount = BindMount | CacheMount | TmpfsMount | SecretMount | SshMount;
