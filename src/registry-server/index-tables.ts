import { rmSync } from 'node:fs';
import type { DatabaseSync, SQLInputValue, StatementSync } from 'node:sqlite';
import type { Referrer, ReferrerRow, StoredManifest } from './storage.ts';

/** Raised when the tables change: older ones are made anew from the journals. */
const VERSION = 1;
const TABLES = `
  CREATE TABLE repositories (
    name TEXT PRIMARY KEY,
    applied INTEGER NOT NULL DEFAULT 0, -- bytes of the journal that the tables hold
    listed INTEGER NOT NULL DEFAULT -1  -- the same for index.json
  ) WITHOUT ROWID;
  CREATE TABLE manifests (
    repository TEXT NOT NULL, digest TEXT NOT NULL,
    media_type TEXT NOT NULL, size INTEGER NOT NULL,
    PRIMARY KEY (repository, digest)
  ) WITHOUT ROWID;
  CREATE TABLE tags (
    repository TEXT NOT NULL, name TEXT NOT NULL, digest TEXT NOT NULL,
    PRIMARY KEY (repository, name)
  ) WITHOUT ROWID;
  CREATE INDEX tags_by_digest ON tags (repository, digest);
  CREATE TABLE referrers (
    place INTEGER PRIMARY KEY AUTOINCREMENT,
    repository TEXT NOT NULL, subject TEXT NOT NULL, digest TEXT NOT NULL,
    artifact_type TEXT, descriptor TEXT NOT NULL,
    UNIQUE (repository, digest)
  );
  CREATE INDEX referrers_by_subject ON referrers (repository, subject, place);
`;

/**
 * What the journals say, in tables that answer quickly. They can be lost: opening makes new ones
 * when they are damaged or of another version.
 */
export class IndexTables implements Disposable {
  readonly #connection: DatabaseSync;
  readonly #statements = new Map<string, StatementSync>();

  constructor(file: string) {
    try {
      this.#connection = connect(file);
    } catch {
      for (const end of ['', '-wal', '-shm']) rmSync(file + end, { force: true });
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

  addRepository(name: string): void {
    this.#run('INSERT OR IGNORE INTO repositories (name) VALUES (?)', name);
  }

  /** Forgets a repository, so that its journal is read from its beginning. */
  removeRepository(name: string): void {
    for (const table of ['manifests', 'tags', 'referrers']) {
      this.#run(`DELETE FROM ${table} WHERE repository = ?`, name);
    }
    this.#run('DELETE FROM repositories WHERE name = ?', name);
  }

  repository(name: string): { readonly applied: number; readonly listed: number } | undefined {
    return this.#get('SELECT applied, listed FROM repositories WHERE name = ?', name);
  }

  repositories(after: string, limit: number): string[] {
    const sql = 'SELECT name FROM repositories WHERE name > ? ORDER BY name LIMIT ?';
    return this.#all<{ name: string }>(sql, after, limit).map(({ name }) => name);
  }

  /** All repositories with the positions in their journals. */
  positions(): { readonly name: string; readonly applied: number; readonly listed: number }[] {
    return this.#all('SELECT name, applied, listed FROM repositories');
  }

  setApplied(name: string, position: number): void {
    this.#run('UPDATE repositories SET applied = ? WHERE name = ?', position, name);
  }

  setListed(name: string, position: number): void {
    this.#run('UPDATE repositories SET listed = ? WHERE name = ?', position, name);
  }

  putManifest(
    repository: string,
    row: StoredManifest,
    tags: readonly string[],
    referrer: ReferrerRow | undefined,
  ): void {
    this.#run(
      'INSERT OR REPLACE INTO manifests VALUES (?, ?, ?, ?)',
      repository,
      row.digest,
      row.mediaType,
      row.size,
    );
    for (const tag of tags) {
      this.#run('INSERT OR REPLACE INTO tags VALUES (?, ?, ?)', repository, tag, row.digest);
    }
    if (!referrer) return;
    const { subject, artifactType = null, descriptor } = referrer;
    this.#run(
      `INSERT OR IGNORE INTO referrers (repository, subject, digest, artifact_type, descriptor)
       VALUES (?, ?, ?, ?, ?)`,
      repository,
      subject,
      row.digest,
      artifactType,
      descriptor,
    );
  }

  removeTag(repository: string, name: string): void {
    this.#run('DELETE FROM tags WHERE repository = ? AND name = ?', repository, name);
  }

  removeManifest(repository: string, digest: string): void {
    for (const table of ['manifests', 'tags', 'referrers']) {
      this.#run(`DELETE FROM ${table} WHERE repository = ? AND digest = ?`, repository, digest);
    }
  }

  manifest(repository: string, digest: string): StoredManifest | undefined {
    return this.#get(
      `SELECT digest, media_type AS mediaType, size FROM manifests
       WHERE repository = ? AND digest = ?`,
      repository,
      digest,
    );
  }

  tagged(repository: string, tag: string): StoredManifest | undefined {
    return this.#get(
      `SELECT m.digest, m.media_type AS mediaType, m.size FROM tags t
       JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
       WHERE t.repository = ? AND t.name = ?`,
      repository,
      tag,
    );
  }

  tags(repository: string, after: string, limit: number): string[] {
    const sql = 'SELECT name FROM tags WHERE repository = ? AND name > ? ORDER BY name LIMIT ?';
    return this.#all<{ name: string }>(sql, repository, after, limit).map(({ name }) => name);
  }

  /** Every manifest as often as it has tags, and once when it has none. */
  listing(repository: string): Iterable<StoredManifest & { readonly tag: string | null }> {
    return this.#statement(
      `SELECT m.digest, m.media_type AS mediaType, m.size, t.name AS tag FROM manifests m
       LEFT JOIN tags t ON t.repository = m.repository AND t.digest = m.digest
       WHERE m.repository = ? ORDER BY t.name IS NULL, t.name, m.digest`,
    ).iterate(repository) as Iterable<never>;
  }

  referrers(
    repository: string,
    subject: string,
    options: { readonly after: number; readonly artifactType: string | undefined },
  ): Iterable<Referrer> {
    const { after, artifactType = null } = options;
    return this.#statement(
      `SELECT place, descriptor FROM referrers
       WHERE repository = ? AND subject = ? AND place > ? AND coalesce(artifact_type = ?, ? IS NULL)
       ORDER BY place`,
    ).iterate(repository, subject, after, artifactType, artifactType) as Iterable<never>;
  }

  [Symbol.dispose](): void {
    this.#connection.close();
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  #get<T>(sql: string, ...values: SQLInputValue[]): T | undefined {
    return this.#statement(sql).get(...values) as T | undefined;
  }

  // oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- only the caller knows the columns
  #all<T>(sql: string, ...values: SQLInputValue[]): T[] {
    return this.#statement(sql).all(...values) as T[];
  }

  #run(sql: string, ...values: SQLInputValue[]): void {
    this.#statement(sql).run(...values);
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
