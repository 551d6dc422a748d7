import type { EndpointRow, EndpointTable, NetworkRow, NetworkTable } from './activity-tables.ts';
import type { Database } from './database.ts';

interface Row {
  readonly id: string;
  readonly name: string;
  readonly created_at: number;
  readonly json: string;
}

/** Networks of containers in the database. */
export function networkTable(db: Database): NetworkTable {
  return {
    find(text) {
      const exact =
        db.get<Row>('SELECT * FROM networks WHERE name = ?', text) ??
        db.get<Row>('SELECT * FROM networks WHERE id = ?', text);
      if (exact) return networkRow(exact);
      if (!/^[0-9a-f]{1,63}$/.test(text)) return undefined;
      const rows = db.all<Row>(
        'SELECT * FROM networks WHERE id >= ? AND id < ? LIMIT 2',
        text,
        `${text}g`,
      );
      return rows.length === 1 && rows[0] ? networkRow(rows[0]) : undefined;
    },
    list: () => db.all<Row>('SELECT * FROM networks ORDER BY name').map(networkRow),
    put({ id, name, createdAt, json }) {
      db.run(
        `INSERT INTO networks (id, name, created_at, json) VALUES (?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET json = excluded.json`,
        id,
        name,
        createdAt,
        json,
      );
    },
    remove: (id) => void db.run('DELETE FROM networks WHERE id = ?', id),
  };
}

function networkRow({ id, name, created_at: createdAt, json }: Row): NetworkRow {
  return { id, name, createdAt, json };
}

/** The places of running containers on networks, in the database. */
export function endpointTable(db: Database): EndpointTable {
  return {
    list: () =>
      db.all<EndpointRow>('SELECT container, network, json FROM endpoints ORDER BY rowid'),
    of: (container) =>
      db.all<EndpointRow>(
        'SELECT container, network, json FROM endpoints WHERE container = ? ORDER BY rowid',
        container,
      ),
    put({ container, network, json }) {
      db.run(
        `INSERT INTO endpoints (container, network, json) VALUES (?, ?, ?)
         ON CONFLICT (container, network) DO UPDATE SET json = excluded.json`,
        container,
        network,
        json,
      );
    },
    remove(container, network) {
      if (network === undefined) db.run('DELETE FROM endpoints WHERE container = ?', container);
      else {
        db.run('DELETE FROM endpoints WHERE container = ? AND network = ?', container, network);
      }
    },
  };
}
