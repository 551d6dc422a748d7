import { join } from 'node:path';
import type { Clock } from '../../base/clock.ts';
import { recordPrune } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { ContainerPruneFilter, ContainersPruned } from '../container-types.ts';
import { labelsFit } from '../images/filter.ts';
import { spaceBelow } from '../system/space.ts';
import { ContainerConflictError, ContainerNotFoundError } from './errors.ts';
import { listContainers } from './list.ts';
import { isUp } from './record.ts';
import { removeNamed } from './remove.ts';

/** Removes the containers that do not run; what has begun meanwhile stays. */
export async function pruneContainers(
  { store, clock }: { readonly store: Store; readonly clock: Clock },
  filter: ContainerPruneFilter = {},
): Promise<ContainersPruned> {
  const removed: string[] = [];
  let bytes = 0;
  for (const { id, state, created, labels } of listContainers(store, { all: true })) {
    const isYoung = filter.until !== undefined && created >= filter.until;
    if (isUp(state) || state === 'restarting' || isYoung || !labelsFit(labels, filter)) continue;
    const size = spaceBelow(join(store.paths.containers, id, 'upper'));
    try {
      await removeNamed({ store, clock }, id);
      removed.push(id);
      bytes += size;
    } catch (error) {
      const isGone = error instanceof ContainerNotFoundError;
      if (!isGone && !(error instanceof ContainerConflictError)) throw error;
    }
  }
  if (removed.length === 0) return { removed, bytes };
  store.note((tables) => recordPrune(tables, 'container', clock.now().getTime(), bytes));
  return { removed, bytes };
}
