import type { ContainerRow, Tables } from '../../store/tables.ts';
import { fromRow, type ContainerHealth } from './record.ts';

/** What happens to containers, in Docker's words. */
export type ContainerAction =
  | 'archive-path'
  | 'attach'
  | 'commit'
  | 'create'
  | 'destroy'
  | 'detach'
  | 'die'
  | 'exec_create'
  | 'exec_die'
  | 'exec_start'
  | 'extract-to-dir'
  | `health_status: ${ContainerHealth['status']}`
  | 'kill'
  | 'oom'
  | 'pause'
  | 'rename'
  | 'resize'
  | 'restart'
  | 'start'
  | 'stop'
  | 'top'
  | 'unpause'
  | 'update';

/** Records what happened to a container, in the transaction that does it. */
export function tell(
  tables: Tables,
  action: ContainerAction,
  row: ContainerRow,
  at: number,
  more: Readonly<Record<string, string>> = {},
): void {
  const { id, name, record } = fromRow(row);
  const { labels, imageName, exitCode, startedAt = at } = record;
  tables.events.add({
    at,
    type: 'container',
    action,
    actor: id,
    attributes: {
      ...labels,
      ...(action === 'die' && {
        execDuration: String(Math.floor(Math.max(0, at - startedAt) / 1000)),
        exitCode: String(exitCode ?? 0),
      }),
      image: imageName,
      name,
      ...more,
    },
  });
}
