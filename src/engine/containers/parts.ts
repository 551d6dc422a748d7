import type { Clock } from '../../base/clock.ts';
import type { Executor } from '../../runtime/executor.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';

/** What containers are made of. */
export interface ContainerParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  /** Opened by the first container: listing needs none. */
  readonly executor: () => Promise<Executor>;
  readonly clock: Clock;
}
