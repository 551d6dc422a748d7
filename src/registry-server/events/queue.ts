import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** An event that waits. */
export interface Waiting {
  readonly place: number;
  /** In JSON. */
  readonly event: string;
  /** When it happened, in milliseconds since 1970. */
  readonly at: number;
}

/** Events on the disk until they are delivered, in the order in which they came. */
export class EventQueue implements Disposable {
  readonly #connection: DatabaseSync;
  readonly #limit: number;
  readonly #add: StatementSync;
  readonly #next: StatementSync;
  readonly #remove: StatementSync;
  readonly #lengths = new Map<string, number>();

  /** Opens or makes the file. `limit` is how many may wait for an endpoint. */
  constructor(file: string, limit: number) {
    this.#limit = limit;
    this.#connection = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(file);
    // A process may die; what the power takes of the last moment is not worth a sync for each pull.
    this.#connection.exec(`
      PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 5000;
      CREATE TABLE IF NOT EXISTS events (
        place INTEGER PRIMARY KEY AUTOINCREMENT,
        endpoint TEXT NOT NULL, at INTEGER NOT NULL, event TEXT NOT NULL
      );
      CREATE INDEX IF NOT EXISTS events_by_endpoint ON events (endpoint, place);
    `);
    const of = (sql: string): StatementSync => this.#connection.prepare(sql);
    this.#add = of('INSERT INTO events (endpoint, at, event) VALUES (?, ?, ?)');
    this.#next = of(
      'SELECT place, at, event FROM events WHERE endpoint = ? ORDER BY place LIMIT 1',
    );
    this.#remove = of('DELETE FROM events WHERE place = ?');
    const rows = of('SELECT endpoint, count(*) AS count FROM events GROUP BY endpoint').all();
    for (const { endpoint, count } of rows as { endpoint: string; count: number }[]) {
      this.#lengths.set(endpoint, count);
    }
  }

  /** How many wait for an endpoint. */
  length(endpoint: string): number {
    return this.#lengths.get(endpoint) ?? 0;
  }

  /** False when there is no room. */
  add(endpoint: string, event: string, at: number): boolean {
    const length = this.length(endpoint);
    if (length >= this.#limit) return false;
    this.#add.run(endpoint, at, event);
    this.#lengths.set(endpoint, length + 1);
    return true;
  }

  next(endpoint: string): Waiting | undefined {
    return this.#next.get(endpoint) as Waiting | undefined;
  }

  remove(endpoint: string, place: number): void {
    if (Number(this.#remove.run(place).changes) === 0) return;
    this.#lengths.set(endpoint, this.length(endpoint) - 1);
  }

  /** Forgets what waits for endpoints that are not among these; says for how many events. */
  keepOnly(endpoints: ReadonlySet<string>): number {
    let forgotten = 0;
    for (const [endpoint, length] of this.#lengths) {
      if (endpoints.has(endpoint)) continue;
      this.#connection.prepare('DELETE FROM events WHERE endpoint = ?').run(endpoint);
      this.#lengths.delete(endpoint);
      forgotten += length;
    }
    return forgotten;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }
}
