import type { Database } from './database.ts';

/** A volume: a directory that outlives the containers that it is mounted in. */
export interface VolumeRow {
  readonly name: string;
  readonly driver: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Made for a container that named none; goes with it where that is asked for. */
  readonly anonymous: boolean;
  /** Undefined where none were given. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  /** What the driver was told; undefined where that was nothing. */
  readonly options: Readonly<Record<string, string>> | undefined;
}

/** Volumes, and which containers have them. */
export interface VolumeTable {
  get(name: string): VolumeRow | undefined;
  /** By name. */
  list(): VolumeRow[];
  /** Inserts; false when there is one of that name, which stays as it is. */
  add(row: VolumeRow): boolean;
  /** Removes one that no container has. */
  remove(name: string): void;
  /** Remembers that a container has a volume. Both are there. */
  attach(container: string, volume: string): void;
  /** A container has a volume no more. */
  detach(container: string, volume: string): void;
  /** The volumes of a container. */
  of(container: string): VolumeRow[];
  /** IDs of the containers that have a volume. */
  users(volume: string): string[];
}

interface Row {
  readonly name: string;
  readonly driver: string;
  readonly created_at: number;
  readonly anonymous: number;
  readonly labels: string;
  readonly options: string;
}

/** Volumes in the database. */
export function volumeTable(db: Database): VolumeTable {
  return {
    get(name) {
      const row = db.get<Row>('SELECT * FROM volumes WHERE name = ?', name);
      return row && volumeRow(row);
    },
    list: () => db.all<Row>('SELECT * FROM volumes ORDER BY name').map(volumeRow),
    add({ name, driver, createdAt, anonymous, labels, options }) {
      if (db.get('SELECT 1 FROM volumes WHERE name = ?', name)) return false;
      db.run(
        `INSERT INTO volumes (name, driver, created_at, anonymous, labels, options)
         VALUES (?, ?, ?, ?, ?, ?)`,
        name,
        driver,
        createdAt,
        anonymous ? 1 : 0,
        JSON.stringify(labels ?? null),
        JSON.stringify(options ?? null),
      );
      return true;
    },
    remove: (name) => void db.run('DELETE FROM volumes WHERE name = ?', name),
    attach: (container, volume) =>
      void db.run('INSERT OR IGNORE INTO container_volumes VALUES (?, ?)', container, volume),
    detach: (container, volume) =>
      void db.run(
        'DELETE FROM container_volumes WHERE container = ? AND volume = ?',
        container,
        volume,
      ),
    of: (container) =>
      db
        .all<Row>(
          `SELECT volumes.* FROM volumes JOIN container_volumes ON volume = name
           WHERE container = ? ORDER BY name`,
          container,
        )
        .map(volumeRow),
    users: (volume) =>
      db
        .all<{ container: string }>(
          'SELECT container FROM container_volumes WHERE volume = ? ORDER BY container',
          volume,
        )
        .map(({ container }) => container),
  };
}

function volumeRow(row: Row): VolumeRow {
  const { name, driver, labels, options } = row;
  return {
    name,
    driver,
    createdAt: row.created_at,
    anonymous: row.anonymous === 1,
    labels: mapOf(labels),
    options: mapOf(options),
  };
}

function mapOf(json: string): Readonly<Record<string, string>> | undefined {
  return (JSON.parse(json) as Readonly<Record<string, string>> | null) ?? undefined;
}
