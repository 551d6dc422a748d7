import { readLog, type LogEntry } from '../../monitor/log.ts';
import type { Store } from '../../store/store.ts';
import type { LogRequest } from '../container-types.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { containerPaths } from './layout.ts';
import { fromRow, isUp } from './record.ts';
import { settled } from './settle.ts';

/** What a container said. Throws ContainerNotFoundError, ContainerConflictError. */
export function containerLogs(
  store: Store,
  name: string,
  { tail, since, until, follow, signal }: LogRequest,
): AsyncIterable<LogEntry> {
  const { id, record } = findContainer(store, name);
  if (record.settings.logDriver === 'none') {
    throw new ContainerConflictError('configured logging driver does not support reading');
  }
  const directory = store.paths.containers;
  return readLog(containerPaths(directory, id).log, {
    ...(tail !== undefined && { tail }),
    ...(since && { since: since.getTime() }),
    ...(until && { until: until.getTime() }),
    ...(signal && { signal }),
    ...(follow === true && {
      follow() {
        const row = store.read(({ containers }) => containers.get(id));
        if (!row) return false;
        const { state } = settled(fromRow(row), directory);
        return isUp(state) || state === 'restarting';
      },
    }),
  });
}
