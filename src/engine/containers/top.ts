import { processesIn, groupPath } from '../../runtime/groups.ts';
import { cgroupLayout } from '../../runtime/host.ts';
import { listProcesses, type ProcessList } from '../../runtime/list-processes.ts';
import { childrenOf } from '../../runtime/process-identity.ts';
import type { Store } from '../../store/store.ts';
import { findContainer } from './find.ts';
import { notRunning } from './pause.ts';
import { isUp } from './record.ts';

/**
 * The processes of a container as `ps` of the machine lists them, with its options. Throws
 * ContainerNotFoundError, ContainerConflictError.
 */
export function containerTop(store: Store, name: string, options: readonly string[]): ProcessList {
  const container = findContainer(store, name);
  const { id, state, record } = container;
  if (!isUp(state) || !record.process) throw notRunning(container);
  const grouped = processesIn(
    cgroupLayout(),
    groupPath(store.id, id, record.settings.cgroupParent),
  );
  const pids = grouped.length > 0 ? grouped : withChildren(record.process.pid);
  return listProcesses(pids, options);
}

function withChildren(pid: number): number[] {
  return [pid, ...childrenOf(pid).flatMap(withChildren)];
}
