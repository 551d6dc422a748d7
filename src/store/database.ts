import { accessSync, constants, statfsSync, statSync } from 'node:fs';
import type { DatabaseSync, DatabaseSyncOptions, SQLInputValue, StatementSync } from 'node:sqlite';
import { pathToFileURL } from 'node:url';
import { DiskFullError, isErrno, type StaveError } from '../base/errors.ts';
import {
  StoreBusyError,
  StoreDamagedError,
  StoreFormatError,
  StoreReadOnlyError,
} from './errors.ts';
import type { StorePaths } from './paths.ts';
import { MIGRATIONS } from './schema.ts';

/** How long a writer waits for another one, in milliseconds. */
const PATIENCE = 10_000;
/** Room for the index of the write-ahead log, and a little more; in bytes. */
const INDEX_SIZE = 64 * 1024;

type Row = Readonly<Record<string, string | number | null>>;

/**
 * The connection to `store.db`. Opened by the first question; statements are prepared once.
 *
 * - `read`: sees one state of the database from beginning to end.
 * - `write`: on disk when it returns.
 * - `note`: atomic, but power loss may undo it.
 *
 * A transaction that is asked for inside another one joins it, if that promises as much.
 */
export class Database implements Disposable {
  readonly #paths: StorePaths;
  readonly #statements = new Map<string, StatementSync>();
  #connection: DatabaseSync | undefined;
  #open: 'read' | 'write' | 'note' | undefined;
  #durable = true;
  #undone = 0;
  #obstacle: StaveError | undefined;

  constructor(paths: StorePaths) {
    this.#paths = paths;
  }

  /** The first row. Throws the errors of the store. */
  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  get<T = Row>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#run(() => this.#statement(sql).get(...values) as T | undefined);
  }

  /** All rows. */
  all<T = Row>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#run(() => this.#statement(sql).all(...values) as T[]);
  }

  /** Number of rows changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#run(() => Number(this.#statement(sql).run(...values).changes));
  }

  /** Runs `body` in a transaction, which it leaves undone when it throws. */
  transaction<T>(kind: 'read' | 'write' | 'note', body: () => T): T {
    if (this.#open !== undefined) return this.#join(kind, body);
    const connection = this.#run(() =>
      kind === 'read' ? this.#connect() : this.#connectToWrite(),
    );
    this.#run(() => this.#begin(connection, kind));
    this.#open = kind;
    try {
      const result = body();
      this.#run(() => connection.exec('COMMIT'));
      return result;
    } catch (error) {
      this.#undone++;
      if (connection.isTransaction) connection.exec('ROLLBACK');
      throw error;
    } finally {
      this.#open = undefined;
    }
  }

  /** How many transactions were undone: after one, what was written is not certain to be there. */
  get undone(): number {
    return this.#undone;
  }

  /** What SQLite itself finds wrong with the database file; empty when all is well. */
  integrity(): string[] {
    const rows = this.all<{ integrity_check: string }>('PRAGMA integrity_check(20)');
    return rows.map((row) => row.integrity_check).filter((text) => text !== 'ok');
  }

  [Symbol.dispose](): void {
    this.#statements.clear();
    this.#connection?.close();
    this.#connection = undefined;
  }

  #join<T>(kind: 'read' | 'write' | 'note', body: () => T): T {
    const enough = kind === 'read' || this.#open === 'write' || this.#open === kind;
    if (!enough) throw new Error(`a ${kind} cannot join a ${String(this.#open)} transaction`);
    return body();
  }

  #begin(connection: DatabaseSync, kind: 'read' | 'write' | 'note'): void {
    if (kind === 'read') return connection.exec('BEGIN');
    const durable = kind === 'write';
    // It can be changed between transactions only.
    if (durable !== this.#durable) {
      connection.exec(`PRAGMA synchronous = ${durable ? 'FULL' : 'NORMAL'}`);
      this.#durable = durable;
    }
    // A transaction that reads first and writes later would fail at once, whatever the
    // patience, when somebody else committed in between (SQLITE_BUSY_SNAPSHOT).
    return connection.exec('BEGIN IMMEDIATE');
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) {
      statement = this.#connect().prepare(sql);
      this.#statements.set(sql, statement);
    }
    return statement;
  }

  #connect(): DatabaseSync {
    if (this.#connection === undefined) {
      this.#obstacle = obstacle(this.#paths);
      this.#connection = this.#obstacle ? connectToRead(this.#paths) : connect(this.#paths);
    }
    return this.#connection;
  }

  /** What kept the store from being written may be gone by now. */
  #connectToWrite(): DatabaseSync {
    const connection = this.#connect();
    if (this.#obstacle === undefined) return connection;
    const now = obstacle(this.#paths);
    if (now !== undefined) throw now;
    this[Symbol.dispose]();
    return this.#connect();
  }

  #run<T>(action: () => T): T {
    try {
      return action();
    } catch (error) {
      throw translated(error, this.#paths);
    }
  }
}

/** Makes a new database at `file`, of which nobody knows yet. Throws the errors of the store. */
export function createDatabase(file: string, paths: StorePaths, id: string): void {
  const connection = new (sqlite().DatabaseSync)(file);
  try {
    // The mode is kept in the file. To switch to it later could fail while others read.
    connection.exec('PRAGMA journal_mode = WAL');
    migrate(connection);
    connection.prepare('INSERT INTO meta VALUES (?, ?)').run('id', id);
  } catch (error) {
    throw translated(error, paths);
  } finally {
    connection.close();
  }
}

function connect(paths: StorePaths): DatabaseSync {
  const connection = open(paths, 'mode=rw', { timeout: PATIENCE });
  try {
    if (checkVersion(connection, paths) < MIGRATIONS.length) migrate(connection);
    return connection;
  } catch (error) {
    connection.close();
    throw error;
  }
}

function connectToRead(paths: StorePaths): DatabaseSync {
  // Without a writable directory SQLite cannot make the index of the write-ahead log. It is
  // not needed when there is no log, and then nobody can be writing.
  const query = hasLog(paths) ? '' : 'immutable=1';
  const connection = open(paths, query, { readOnly: true, timeout: PATIENCE });
  // What an older version wrote has to be brought up to date first.
  if (checkVersion(connection, paths) < MIGRATIONS.length) {
    connection.close();
    throw new StoreReadOnlyError(paths.root);
  }
  return connection;
}

function open(paths: StorePaths, query: string, options: DatabaseSyncOptions): DatabaseSync {
  const url = pathToFileURL(paths.database);
  url.search = query;
  return new (sqlite().DatabaseSync)(url, options);
}

/** The schema's version. Throws StoreFormatError when it is newer than what is known. */
function checkVersion(connection: DatabaseSync, paths: StorePaths): number {
  const version = versionOf(connection);
  if (version > MIGRATIONS.length) {
    throw new StoreFormatError(paths.root, `1.${version}`, `1.${MIGRATIONS.length}`);
  }
  return version;
}

/** Brings the schema up to date. Atomic, and harmless when somebody else was faster. */
function migrate(connection: DatabaseSync): void {
  connection.exec('BEGIN IMMEDIATE');
  try {
    for (const step of MIGRATIONS.slice(versionOf(connection))) connection.exec(step);
    connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
    connection.exec('COMMIT');
  } catch (error) {
    if (connection.isTransaction) connection.exec('ROLLBACK');
    throw error;
  }
}

function versionOf(connection: DatabaseSync): number {
  return Number(connection.prepare('PRAGMA user_version').get()?.['user_version']);
}

/** Why the store can only be read now; undefined when it can be written. */
function obstacle(paths: StorePaths): StaveError | undefined {
  try {
    accessSync(paths.root, constants.W_OK);
    accessSync(paths.database, constants.W_OK);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    return new StoreReadOnlyError(paths.root, error);
  }
  // The index of the log must be made first, unless another process has it open.
  const isOpen = sizeOf(`${paths.database}-shm`) > 0;
  return !isOpen && isFull(paths) ? new DiskFullError(paths.root) : undefined;
}

function isFull({ root }: StorePaths): boolean {
  const { bsize, bfree, bavail } = statfsSync(root);
  // A share of the disk is for root only.
  return bsize * (process.getuid?.() === 0 ? bfree : bavail) < INDEX_SIZE;
}

function hasLog(paths: StorePaths): boolean {
  return sizeOf(`${paths.database}-wal`) > 0;
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/** Not imported at the top: commands that never ask the database should not load it. */
function sqlite(): typeof import('node:sqlite') {
  return process.getBuiltinModule('node:sqlite');
}

/**
 * The store's own error for what SQLite says.
 *
 * @see https://www.sqlite.org/rescode.html
 */
function translated(error: unknown, paths: StorePaths): unknown {
  const { root, database } = paths;
  if (!(error instanceof Error) || !('errcode' in error)) return error;
  // The low byte is the primary code, the rest says more.
  switch (Number(error.errcode) & 0xff) {
    case 5: // BUSY
    case 6: // LOCKED
      return new StoreBusyError(root, error);
    case 8: // READONLY
      return new StoreReadOnlyError(root, error);
    case 13: // FULL
      return new DiskFullError(database, error);
    case 10: // IOERR
      if (isFull(paths)) return new DiskFullError(database, error);
      return new StoreDamagedError(root, 'its database cannot be read or written', error);
    case 11: // CORRUPT
    case 26: // NOTADB
      return new StoreDamagedError(root, 'its database is malformed', error);
    case 14: // CANTOPEN
      return new StoreDamagedError(root, 'its database cannot be opened', error);
    default:
      return error;
  }
}
