import type { Snapshotter } from '../snapshot/snapshotter.ts';
import type { Store } from '../store/store.ts';
import type { CopyFiles } from './cp-types.ts';

/** Copying into and out of containers. Loaded when it is asked for. */
export function copyFilesOf(store: Store, snapshotter: () => Promise<Snapshotter>): CopyFiles {
  const parts = async () => ({ store, snapshotter: await snapshotter() });
  return {
    async from(source, target, options = {}) {
      const { copyFrom } = await import('./cp/copy.ts');
      return copyFrom(await parts(), source, target, options);
    },
    async tarFrom(source, options = {}) {
      const { tarFrom } = await import('./cp/copy.ts');
      return tarFrom(await parts(), source, options);
    },
    async into(source, target, options = {}) {
      const { copyInto } = await import('./cp/copy.ts');
      return copyInto(await parts(), source, target, options);
    },
    async tarInto(tar, target, options = {}) {
      const { tarInto } = await import('./cp/copy.ts');
      await tarInto(await parts(), tar, target, options);
    },
  };
}
