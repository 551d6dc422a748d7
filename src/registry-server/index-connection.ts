import { rmSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';

/** Raised when the tables change: older ones are made anew from the journals. */
const VERSION = 2;
const TABLES = `
  CREATE TABLE repositories (
    name TEXT PRIMARY KEY,
    journal TEXT NOT NULL,              -- inode of the journal that was read
    applied INTEGER NOT NULL DEFAULT 0, -- bytes of the journal that the tables hold
    listed INTEGER NOT NULL DEFAULT -1, -- the same for index.json
    base INTEGER NOT NULL DEFAULT 0     -- bytes of the journal when it was written anew
  ) WITHOUT ROWID;
  CREATE TABLE manifests (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT NOT NULL, digest TEXT NOT NULL,
    media_type TEXT NOT NULL, size INTEGER NOT NULL,
    pushed INTEGER NOT NULL, pulled INTEGER, -- milliseconds; pulls are coarse
    UNIQUE (repository, digest)
  );
  CREATE INDEX manifests_in_order ON manifests (repository, id);
  CREATE TABLE needs ( -- of manifests that are gone too, until a collection forgets them
    blob BLOB NOT NULL, manifest INTEGER NOT NULL,
    PRIMARY KEY (blob, manifest)
  ) WITHOUT ROWID;
  CREATE TABLE tags (
    repository TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL, at INTEGER NOT NULL,
    PRIMARY KEY (repository, name)
  ) WITHOUT ROWID;
  CREATE INDEX tags_by_digest ON tags (repository, digest);
  CREATE TABLE history (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT NOT NULL, tag TEXT NOT NULL, at INTEGER NOT NULL,
    digest TEXT, actor TEXT, what TEXT NOT NULL
  );
  CREATE INDEX history_by_tag ON history (repository, tag, place);
  CREATE INDEX history_in_order ON history (repository, place);
  CREATE TABLE referrers (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL,
    artifact_type TEXT, descriptor TEXT NOT NULL,
    UNIQUE (repository, digest)
  );
  CREATE INDEX referrers_by_subject ON referrers (repository, subject, place);
`;

/** SQLite with its statements kept. Made anew when it is damaged or of another version. */
export class IndexConnection implements Disposable {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    try {
      this.#connection = connect(file);
    } catch {
      removeIndex(file);
      this.#connection = connect(file);
    }
  }

  /** Runs `body` in a transaction, which it leaves undone when it throws. */
  change(body: () => void): void {
    this.#connection.exec('BEGIN IMMEDIATE');
    try {
      body();
      this.#connection.exec('COMMIT');
    } catch (error) {
      if (this.#connection.isTransaction) this.#connection.exec('ROLLBACK');
      throw error;
    }
  }

  /** The same, on the disk when it returns. */
  changeForGood(body: () => void): void {
    this.#connection.exec('PRAGMA synchronous = FULL');
    try {
      this.change(body);
    } finally {
      this.#connection.exec('PRAGMA synchronous = NORMAL');
    }
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql).all(...values) as T[];
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  iterate<T>(sql: string, ...values: SQLInputValue[]): Iterable<T> {
    return this.#statement(sql).iterate(...values) as Iterable<T>;
  }

  /** The number of rows that changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return Number(this.#statement(sql).run(...values).changes);
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (!statement) {
      statement = this.#connection.prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }
}

/** Removes the files of the tables: the next opening makes new ones. */
export function removeIndex(file: string): void {
  for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
}

/**
 * Opens the tables or makes them. Not synced at each change: what power loss takes is still in the
 * journals. Throws the errors of SQLite, and RangeError for tables of another version.
 */
function connect(file: string): DatabaseSync {
  const connection = new (process.getBuiltinModule('node:sqlite').DatabaseSync)(file);
  try {
    connection.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL');
    const { user_version: version } = connection.prepare('PRAGMA user_version').get() ?? {};
    if (version === 0) {
      connection.exec(`BEGIN; ${TABLES} PRAGMA user_version = ${VERSION}; COMMIT`);
    } else if (version !== VERSION) throw new RangeError('tables of another version');
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}
