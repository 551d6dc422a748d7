import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { Store } from '../../store/store.ts';
import { pruneCache } from './prune-cache.ts';

/**
 * Brings the build cache down to so many bytes: what was used longest ago goes first, what
 * images or running builds need stays. Says what went.
 */
export async function keepBudget(store: Store, bytes: number, call: CallOptions): Promise<void> {
  const { removed } = await pruneCache(store, { maxUsed: Math.max(1, bytes) });
  if (removed.length === 0) return;
  using task = reporter(call.progress).begin('keeping the build cache within its budget', {
    kind: 'internal',
  });
  const sum = removed.reduce((total, { size }) => total + size, 0);
  task.note(`${removed.length} results went, ${sum} bytes in all`);
  task.outcome = 'done';
}
