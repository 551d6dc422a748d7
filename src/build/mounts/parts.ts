import type { MountSpec } from '../../runtime/executor.ts';
import type { Contexts } from '../ops/recipe.ts';
import type { OpParts } from '../ops/copy.ts';
import type { Solved } from '../solver-parts.ts';

/** What mounts are made with. */
export interface MountParts extends OpParts {
  readonly contexts: Contexts;
  readonly inputs: readonly Solved[];
}

/** A member of a union without its target. */
type Placeless<T> = T extends unknown ? Omit<T, 'target'> : never;

/** Something made for a mount, and what has to be at its target. */
export interface MadeMount {
  readonly spec: Placeless<MountSpec>;
  readonly kind: 'file' | 'directory';
}
