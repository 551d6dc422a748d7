import { outsideMap } from '../oci/json.ts';
import type { Database } from './database.ts';
import type { EventRow, EventTable } from './activity-tables.ts';

/** Bytes that an event's attributes may take; labels of images can be of any size. */
const ATTRIBUTES = 4096;

/** What we say ourselves; everything else is a label. */
const OWN = new Set(['name', 'image', 'exitCode', 'execDuration', 'reclaimed']);

type Row = Omit<EventRow, 'attributes'> & { readonly attributes: string };

/** What happened, in the database. */
export function eventTable(db: Database): EventTable {
  return {
    add: ({ at, type, action, actor, attributes }) =>
      void db.run(
        'INSERT INTO events (at, type, action, actor, attributes) VALUES (?, ?, ?, ?, ?)',
        at,
        type,
        action,
        actor,
        bounded(attributes),
      ),
    after: (id) =>
      db.all<Row>('SELECT * FROM events WHERE id > ? ORDER BY id', id).map((row) => ({
        ...row,
        attributes: outsideMap(
          Object.entries(JSON.parse(row.attributes) as Record<string, string>),
        ),
      })),
    last: () => db.get<{ id: number | null }>('SELECT max(id) AS id FROM events')?.id ?? 0,
  };
}

/** All attributes; or, where labels take too much room, the names, and labels as far as there is room. */
function bounded(attributes: EventRow['attributes']): string {
  const text = JSON.stringify(attributes);
  if (text.length <= ATTRIBUTES) return text;
  const pairs = Object.entries(attributes).map((pair) => ({
    pair,
    size: OWN.has(pair[0]) ? 0 : JSON.stringify(pair).length,
  }));
  let room = ATTRIBUTES;
  const kept = pairs
    .sort((a, b) => a.size - b.size)
    .filter(({ size }) => (room -= size) >= 0)
    .map(({ pair }) => pair);
  return JSON.stringify(Object.fromEntries(kept));
}
