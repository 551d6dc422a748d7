import type { CallOptions } from '../../base/progress.ts';
import type { CacheMount } from '../exec-mount.ts';
import type { MountSpec } from '../../runtime/executor.ts';
import type { Contexts } from '../ops/recipe.ts';
import type { OpParts } from '../ops/copy.ts';
import type { Solved } from '../solver-parts.ts';

/** What mounts are made with. */
export interface MountParts extends OpParts {
  readonly contexts: Contexts;
  readonly inputs: readonly Solved[];
  /** Fills a new cache mount with what another machine has of it; false when none has. */
  readonly restoreMount?: RestoreMount | undefined;
}

/** Fills an empty directory with what a cache elsewhere has of a cache mount. */
export type RestoreMount = (
  mount: CacheMount,
  directory: string,
  call: CallOptions,
) => Promise<boolean>;

/** A member of a union without its target. */
type Placeless<T> = T extends unknown ? Omit<T, 'target'> : never;

/** Something made for a mount, and what has to be at its target. */
export interface MadeMount {
  readonly spec: Placeless<MountSpec>;
  readonly kind: 'file' | 'directory';
}
