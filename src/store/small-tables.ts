import type { ChainId, Digest } from '../oci/digest.ts';
import type { Database } from './database.ts';
import type {
  ContainerRow,
  ContainerTable,
  FactTable,
  SearchedTable,
  SourceRow,
  SourceTable,
} from './tables.ts';

interface ContainerRecord {
  readonly id: string;
  readonly name: string;
  readonly image: Digest;
  readonly chain: ChainId | null;
  readonly created_at: number;
  readonly state: ContainerRow['state'];
  readonly json: string;
}

/** Container records in the database. */
export function containerTable(db: Database): ContainerTable {
  const get = (id: string): ContainerRow | undefined => {
    const row = db.get<ContainerRecord>('SELECT * FROM containers WHERE id = ?', id);
    return row && containerRow(row);
  };
  return {
    get,
    find(text) {
      const exact = get(text);
      if (exact) return exact;
      const named = db.get<ContainerRecord>('SELECT * FROM containers WHERE name = ?', text);
      if (named) return containerRow(named);
      if (!/^[0-9a-f]{1,63}$/.test(text)) return undefined;
      const rows = db.all<ContainerRecord>(
        'SELECT * FROM containers WHERE id >= ? AND id < ? LIMIT 2',
        text,
        `${text}g`,
      );
      return rows.length === 1 && rows[0] ? containerRow(rows[0]) : undefined;
    },
    list: () =>
      db.all<ContainerRecord>('SELECT * FROM containers ORDER BY created_at, id').map(containerRow),
    of: (image) =>
      db
        .all<ContainerRecord>(
          'SELECT * FROM containers WHERE image = ? ORDER BY created_at, id',
          image,
        )
        .map(containerRow),
    put(row) {
      db.run(
        `INSERT INTO containers (id, name, image, chain, created_at, state, json)
         VALUES (?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET name = excluded.name, image = excluded.image,
           chain = excluded.chain, created_at = excluded.created_at, state = excluded.state,
           json = excluded.json`,
        row.id,
        row.name,
        row.image,
        row.chain ?? null,
        row.createdAt,
        row.state,
        row.json,
      );
    },
    remove: (id) => void db.run('DELETE FROM containers WHERE id = ?', id),
  };
}

function containerRow(row: ContainerRecord): ContainerRow {
  const { id, name, image, state, json } = row;
  const chain = row.chain !== null && { chain: row.chain };
  return { id, name, image, ...chain, createdAt: row.created_at, state, json };
}

/** Small remembered answers in the database. */
export function factTable(db: Database): FactTable {
  return {
    get: (key) => db.get<{ value: string }>('SELECT value FROM facts WHERE key = ?', key)?.value,
    set: (key, value) => void db.run('INSERT OR REPLACE INTO facts VALUES (?, ?)', key, value),
  };
}

interface SourceRecord {
  readonly key: string;
  readonly kind: SourceRow['kind'];
  readonly blob: Digest | null;
  readonly value: string;
  readonly used_at: number;
}

/** What builds fetched, in the database. */
export function sourceTable(db: Database): SourceTable {
  return {
    get(key) {
      const row = db.get<SourceRecord>('SELECT * FROM sources WHERE key = ?', key);
      return row && sourceRow(row);
    },
    list: () => db.all<SourceRecord>('SELECT * FROM sources ORDER BY key').map(sourceRow),
    put: ({ key, kind, blob, value, usedAt }) =>
      void db.run(
        'INSERT OR REPLACE INTO sources (key, kind, blob, value, used_at) VALUES (?, ?, ?, ?, ?)',
        key,
        kind,
        blob ?? null,
        value,
        usedAt,
      ),
    remove: (key) => void db.run('DELETE FROM sources WHERE key = ?', key),
  };
}

function sourceRow({ key, kind, blob, value, used_at }: SourceRecord): SourceRow {
  return { key, kind, ...(blob !== null && { blob }), value, usedAt: used_at };
}

/** Rows that are kept of searches: values change, and each new one brings a row for every layer. */
const MOST_SEARCHED = 20_000;

/** Layers that were searched, in the database. */
export function searchedTable(db: Database): SearchedTable {
  return {
    has: (diffId, needle) =>
      db.get('SELECT 1 FROM searched_layers WHERE diff_id = ? AND needle = ?', diffId, needle) !==
      undefined,
    put(diffId, needle) {
      db.run(
        'INSERT OR IGNORE INTO searched_layers (diff_id, needle) VALUES (?, ?)',
        diffId,
        needle,
      );
      db.run(
        'DELETE FROM searched_layers WHERE id <= (SELECT max(id) FROM searched_layers) - ?',
        MOST_SEARCHED,
      );
    },
  };
}
