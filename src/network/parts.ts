import type { Store } from '../store/store.ts';

/** What networks are kept and made with. */
export interface NetworkParts {
  readonly store: Store;
  /** A directory of this store alone for run-time state. */
  readonly stateDir: string;
}
