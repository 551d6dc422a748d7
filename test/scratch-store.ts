import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { openStore } from '../src/store/open-store.ts';
import type { Store, StoreOptions } from '../src/store/store.ts';

/** A store of its own for one test, gone with the scope. */
export interface ScratchStore extends Disposable {
  readonly store: Store;
  readonly root: string;
}

/** Makes a new store in a temporary directory. */
export function scratchStore(options: StoreOptions = {}): ScratchStore {
  const root = mkdtempSync(`${tmpdir()}/stave-store-`);
  const store = openStore(root, options);
  return {
    store,
    root,
    [Symbol.dispose]() {
      store[Symbol.dispose]();
      rmSync(root, { recursive: true, force: true });
    },
  };
}
