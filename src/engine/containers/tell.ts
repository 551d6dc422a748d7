import type { Tables } from '../../store/tables.ts';
import type { Container } from './record.ts';

/** Records what happened to a container, in the transaction that does it. */
export function tell(
  tables: Tables,
  action: 'create' | 'start' | 'die' | 'destroy',
  { id, name, record }: Container,
  at: number,
): void {
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
    },
  });
}
