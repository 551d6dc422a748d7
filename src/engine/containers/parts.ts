import type { Clock } from '../../base/clock.ts';
import type { ContainerRuntime } from '../../runtime/container-runtime.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';

/** What containers are made of. */
export interface ContainerParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  /** Opened by the first container: listing needs none. */
  readonly runtime: () => Promise<ContainerRuntime>;
  readonly clock: Clock;
  /** What is called with the ID of a container that has ended, where more is to be done than tidying. */
  readonly program: readonly string[];
  /** What is started where containers need somebody who stays: see `engine/tend/`. */
  readonly helper: readonly string[];
}
