import { join } from 'node:path';
import { recordPrune } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { ContainerPruneFilter, ContainersPruned } from '../container-types.ts';
import { labelsFit } from '../images/filter.ts';
import { spaceBelow } from '../system/space.ts';
import { ContainerConflictError, ContainerNotFoundError } from './errors.ts';
import { listContainers } from './list.ts';
import { removeNamed } from './remove.ts';

/** Removes the containers that do not run; what has begun meanwhile stays. */
export async function pruneContainers(
  store: Store,
  filter: ContainerPruneFilter = {},
): Promise<ContainersPruned> {
  const removed: string[] = [];
  let bytes = 0;
  for (const { id, state, created, labels } of listContainers(store, { all: true })) {
    const isYoung = filter.until !== undefined && created >= filter.until;
    if (state === 'running' || isYoung || !labelsFit(labels, filter)) continue;
    const size = spaceBelow(join(store.paths.containers, id, 'upper'));
    try {
      await removeNamed(store, id);
      removed.push(id);
      bytes += size;
    } catch (error) {
      const isGone = error instanceof ContainerNotFoundError;
      if (!isGone && !(error instanceof ContainerConflictError)) throw error;
    }
  }
  if (removed.length === 0) return { removed, bytes };
  store.note((tables) => recordPrune(tables, 'container', store.clock.now().getTime(), bytes));
  return { removed, bytes };
}
