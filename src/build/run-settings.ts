import type { CgroupSpec, ProcessSpec } from '../runtime/executor.ts';
import type { Entitlements } from './frontend/entitlements.ts';

/** What RUN gets from whoever builds and not from the Dockerfile. None of it is part of a key. */
export interface RunSettings {
  /** Values by id. */
  readonly secrets: ReadonlyMap<string, Uint8Array>;
  /** By id: the socket of an agent, or files of private keys. */
  readonly ssh: ReadonlyMap<string, readonly string[]>;
  readonly allow: Entitlements;
  readonly rlimits: NonNullable<ProcessSpec['rlimits']>;
  readonly cgroup: CgroupSpec | undefined;
  readonly noNewPrivileges: boolean;
  /** No filter for system calls (`seccomp=unconfined`). */
  readonly unfiltered: boolean;
}
