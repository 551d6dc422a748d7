import type { Store } from '../../store/store.ts';
import { noteEnd, waitForEnd } from './end.ts';
import { findContainer } from './find.ts';

/** Of one that was removed meanwhile. */
const KILLED = 137;

/**
 * Resolves with the exit code of a container once it does not run; at once where it does not.
 * Throws ContainerNotFoundError.
 */
export async function waitContainer(
  store: Store,
  name: string,
  options: { readonly signal?: AbortSignal } = {},
): Promise<number> {
  const { id } = findContainer(store, name);
  const ended = await waitForEnd(store, id, options);
  noteEnd(store, id);
  return ended ? (ended.record.exitCode ?? 0) : KILLED;
}
