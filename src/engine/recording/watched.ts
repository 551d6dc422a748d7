import { existsSync } from 'node:fs';
import type { Store } from '../../store/store.ts';
import { containerPaths } from '../containers/layout.ts';
import type { ExecSession } from '../container-types.ts';
import { recordingPaths } from './paths.ts';

/**
 * Looks at what the commands of a recorded container change, from now on; undefined when it is
 * not recorded, or somebody does so already.
 */
async function watchContainer(store: Store, id: string): Promise<Disposable | undefined> {
  const { directory } = containerPaths(store.paths.containers, id);
  if (!existsSync(recordingPaths(directory).directory)) return undefined;
  const { watchRecording } = await import('./watch.ts');
  return watchRecording(directory);
}

/**
 * Makes a session of a container. What the commands of a recorded one change is looked at from
 * before it begins until it ends.
 */
export async function watching<R extends ExecSession | undefined>(
  store: Store,
  id: string,
  session: () => R | Promise<R>,
): Promise<R> {
  const watch = await watchContainer(store, id);
  if (!watch) return session();
  using undo = new DisposableStack();
  undo.use(watch);
  const made = await session();
  if (made === undefined) return made;
  const ours = undo.move();
  return {
    ...made,
    ended: made.ended.finally(() => ours.dispose()),
    [Symbol.dispose]() {
      ours.dispose();
      made[Symbol.dispose]();
    },
  };
}
