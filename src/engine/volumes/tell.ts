import type { Tables } from '../../store/tables.ts';

/** Records what happened to a volume, in the transaction that does it. */
export function tellVolume(
  tables: Tables,
  action: 'create' | 'mount' | 'destroy',
  name: string,
  at: number,
  attributes: Readonly<Record<string, string>>,
): void {
  tables.events.add({ at, type: 'volume', action, actor: name, attributes });
}
