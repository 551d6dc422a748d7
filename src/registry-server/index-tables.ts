import { type Digest } from '../oci/digest.ts';
import { IndexConnection } from './index-connection.ts';
import type { Referrer, ReferrerRow, StoredManifest } from './storage.ts';

/** Changes of a tag that are remembered. */
export const HISTORY_LIMIT = 100;

/** Why a tag came to mean what it means. */
export type TagChange = 'push' | 'delete' | 'rollback' | 'retention' | 'damaged';

/** One change of a tag. */
export interface HistoryRow {
  readonly place: number;
  readonly tag: string;
  /** In milliseconds. */
  readonly at: number;
  /** What it meant from then on; null when it was removed. */
  readonly digest: Digest | null;
  readonly actor: string | null;
  readonly what: TagChange;
}

/** A repository and how far its journal has been read. */
export interface RepositoryRow {
  readonly name: string;
  /** The inode of the journal. */
  readonly journal: string;
  /** Bytes of the journal that the tables hold, and that `index.json` shows. */
  readonly applied: number;
  readonly listed: number;
  /** Bytes of the journal when it was last written anew. */
  readonly base: number;
}

/** A manifest with its times in milliseconds. */
export interface ManifestRow extends StoredManifest {
  readonly id: number;
  readonly pushed: number;
  readonly pulled: number | null;
}

/** A manifest that a repository got. */
export interface PutRow {
  readonly manifest: StoredManifest;
  /** In milliseconds. */
  readonly at: number;
  /** What would be missed if it were gone. */
  readonly names: readonly Digest[];
  readonly referrer: ReferrerRow | undefined;
}

/**
 * What the journals say, in tables that answer quickly. They can be lost: opening makes new ones
 * when they are damaged or of another version.
 */
export class IndexTables implements Disposable {
  readonly db: IndexConnection;

  constructor(file: string) {
    this.db = new IndexConnection(file);
  }

  /** Runs `body` in a transaction, which it leaves undone when it throws. */
  change(body: () => void): void {
    this.db.change(body);
  }

  addRepository(name: string, journal: string): void {
    this.db.run('INSERT OR IGNORE INTO repositories (name, journal) VALUES (?, ?)', name, journal);
  }

  /** Forgets a repository, so that its journal is read from its beginning. */
  removeRepository(name: string): void {
    for (const table of ['manifests', 'tags', 'referrers', 'history']) {
      this.db.run(`DELETE FROM ${table} WHERE repository = ?`, name);
    }
    this.db.run('DELETE FROM repositories WHERE name = ?', name);
  }

  repository(name: string): RepositoryRow | undefined {
    return this.db.get('SELECT * FROM repositories WHERE name = ?', name);
  }

  repositories(after: string, limit: number): string[] {
    const sql = 'SELECT name FROM repositories WHERE name > ? ORDER BY name LIMIT ?';
    return this.db.all<{ name: string }>(sql, after, limit).map(({ name }) => name);
  }

  /** How many there are of everything. */
  counts(): { readonly repositories: number; readonly manifests: number; readonly tags: number } {
    const count = (table: string): number =>
      this.db.get<{ n: number }>(`SELECT count(*) AS n FROM ${table}`)?.n ?? 0;
    return {
      repositories: count('repositories'),
      manifests: count('manifests'),
      tags: count('tags'),
    };
  }

  /** All repositories with the positions in their journals. */
  positions(): RepositoryRow[] {
    return this.db.all('SELECT * FROM repositories');
  }

  /** Without a `change` that others see, `index.json` is as right as before. */
  setApplied(name: string, position: number, change: boolean): void {
    this.db.run(
      `UPDATE repositories SET applied = ?1,
       listed = CASE WHEN listed = applied AND NOT ?2 THEN ?1 ELSE listed END WHERE name = ?3`,
      position,
      change ? 1 : 0,
      name,
    );
  }

  setListed(name: string, position: number): void {
    this.db.run('UPDATE repositories SET listed = ? WHERE name = ?', position, name);
  }

  /** A journal was written anew and says the same. On the disk when it returns. */
  setJournal(name: string, journal: string, size: number): void {
    this.db.changeForGood(() => {
      this.db.run(
        `UPDATE repositories SET journal = ?, listed = CASE listed WHEN applied THEN ? ELSE -1 END,
         applied = ?, base = ? WHERE name = ?`,
        journal,
        size,
        size,
        size,
        name,
      );
    });
  }

  putManifest(repository: string, row: PutRow): void {
    const { manifest, at, names, referrer } = row;
    const { digest, mediaType, size } = manifest;
    const put = this.db.get<{ id: number }>(
      `INSERT INTO manifests (repository, digest, media_type, size, pushed) VALUES (?, ?, ?, ?, ?)
       ON CONFLICT DO UPDATE SET media_type = excluded.media_type, pushed = excluded.pushed
       RETURNING id`,
      repository,
      digest,
      mediaType,
      size,
      at,
    );
    for (const name of names) {
      this.db.run('INSERT OR IGNORE INTO needs VALUES (?, ?)', keyOf(name), put?.id ?? 0);
    }
    if (!referrer) return;
    const { subject, artifactType = null, descriptor } = referrer;
    this.db.run(
      `INSERT OR IGNORE INTO referrers (repository, subject, digest, artifact_type, descriptor)
       VALUES (?, ?, ?, ?, ?)`,
      repository,
      subject,
      digest,
      artifactType,
      descriptor,
    );
  }

  /** A tag means a manifest from now on, or nothing. */
  setTag(repository: string, tag: string, digest: Digest | null, at: number): void {
    if (digest === null) {
      this.db.run('DELETE FROM tags WHERE repository = ? AND name = ?', repository, tag);
    } else {
      this.db.run('INSERT OR REPLACE INTO tags VALUES (?, ?, ?, ?)', repository, tag, digest, at);
    }
  }

  /** Forgets tags that mean what is not there. */
  dropEmptyTags(repository: string): void {
    this.db.run(
      `DELETE FROM tags WHERE repository = ?1 AND NOT EXISTS (
         SELECT 1 FROM manifests m WHERE m.repository = ?1 AND m.digest = tags.digest)`,
      repository,
    );
  }

  /** Remembers a change of a tag, and forgets the oldest one of many. */
  addHistory(repository: string, row: Omit<HistoryRow, 'place'>): void {
    this.db.run(
      `INSERT INTO history (repository, tag, at, digest, actor, what) VALUES (?, ?, ?, ?, ?, ?)`,
      repository,
      row.tag,
      row.at,
      row.digest,
      row.actor,
      row.what,
    );
    this.db.run(
      `DELETE FROM history WHERE repository = ?1 AND tag = ?2 AND place <= (
         SELECT place FROM history WHERE repository = ?1 AND tag = ?2
         ORDER BY place DESC LIMIT 1 OFFSET ?3)`,
      repository,
      row.tag,
      HISTORY_LIMIT,
    );
  }

  /** Forgets changes before a time, but for what the tags mean now. */
  trimHistory(repository: string, before: number): void {
    this.db.run(
      `DELETE FROM history WHERE repository = ?1 AND at < ?2 AND place NOT IN (
         SELECT max(h.place) FROM history h JOIN tags t
         ON t.repository = h.repository AND t.name = h.tag
         WHERE h.repository = ?1 GROUP BY h.tag)`,
      repository,
      before,
    );
  }

  /** Changes of a tag, or of all tags, the newest first. */
  history(repository: string, tag: string | undefined, limit: number): HistoryRow[] {
    const columns = 'SELECT place, tag, at, digest, actor, what FROM history WHERE repository = ?';
    return tag === undefined
      ? this.db.all(`${columns} ORDER BY place DESC LIMIT ?`, repository, limit)
      : this.db.all(`${columns} AND tag = ? ORDER BY place DESC LIMIT ?`, repository, tag, limit);
  }

  /** Some changes of all tags in the order in which they came, after the one with a place. */
  historyFrom(repository: string, after: number, limit: number): HistoryRow[] {
    return this.db.all(
      `SELECT place, tag, at, digest, actor, what FROM history
       WHERE repository = ? AND place > ? ORDER BY place LIMIT ?`,
      repository,
      after,
      limit,
    );
  }

  removeManifest(repository: string, digest: string): void {
    for (const table of ['manifests', 'tags', 'referrers']) {
      this.db.run(`DELETE FROM ${table} WHERE repository = ? AND digest = ?`, repository, digest);
    }
  }

  setPulled(repository: string, digest: string, at: number): void {
    this.db.run(
      'UPDATE manifests SET pulled = ? WHERE repository = ? AND digest = ?',
      at,
      repository,
      digest,
    );
  }

  manifest(repository: string, digest: string): StoredManifest | undefined {
    return this.db.get(
      `SELECT digest, media_type AS mediaType, size FROM manifests
       WHERE repository = ? AND digest = ?`,
      repository,
      digest,
    );
  }

  tagged(repository: string, tag: string): StoredManifest | undefined {
    return this.db.get(
      `SELECT m.digest, m.media_type AS mediaType, m.size FROM tags t
       JOIN manifests m ON m.repository = t.repository AND m.digest = t.digest
       WHERE t.repository = ? AND t.name = ?`,
      repository,
      tag,
    );
  }

  /** What a tag means, and since when in milliseconds. */
  tagRow(repository: string, tag: string): { digest: Digest; at: number } | undefined {
    const sql = 'SELECT digest, at FROM tags WHERE repository = ? AND name = ?';
    return this.db.get(sql, repository, tag);
  }

  /** Some tags that were pushed again without a change, after the one with a name. */
  renewedTags(
    repository: string,
    after: string,
    limit: number,
  ): { readonly name: string; readonly digest: Digest; readonly at: number }[] {
    return this.db.all(
      `SELECT name, digest, at FROM tags t WHERE repository = ?1 AND name > ?2 AND at > (
         SELECT h.at FROM history h WHERE h.repository = ?1 AND h.tag = t.name
         ORDER BY h.place DESC LIMIT 1)
       ORDER BY name LIMIT ?3`,
      repository,
      after,
      limit,
    );
  }

  /** Some manifests in the order in which they came, after the one with an id. */
  manifests(repository: string, after: number, limit: number): ManifestRow[] {
    return this.db.all(
      `SELECT id, digest, media_type AS mediaType, size, pushed, pulled FROM manifests
       WHERE repository = ? AND id > ? ORDER BY id LIMIT ?`,
      repository,
      after,
      limit,
    );
  }

  /** A manifest of the repository that cannot do without a content. */
  neededBy(repository: string, digest: Digest): Digest | undefined {
    return this.db.get<{ digest: Digest }>(
      `SELECT m.digest FROM needs n JOIN manifests m ON m.id = n.manifest
       WHERE n.blob = ? AND m.repository = ? LIMIT 1`,
      keyOf(digest),
      repository,
    )?.digest;
  }

  /** What a manifest refers to. */
  subjectOf(repository: string, digest: Digest): Digest | undefined {
    return this.db.get<{ subject: Digest }>(
      'SELECT subject FROM referrers WHERE repository = ? AND digest = ?',
      repository,
      digest,
    )?.subject;
  }

  /** Forgets what manifests that are gone have needed: of contents whose digest begins with a byte. */
  forgetNeeds(byte: number): void {
    this.db.run(
      `DELETE FROM needs WHERE blob >= ? AND blob < ? AND NOT EXISTS (
         SELECT 1 FROM manifests m WHERE m.id = needs.manifest)`,
      Buffer.of(byte),
      byte < 0xff ? Buffer.of(byte + 1) : Buffer.alloc(65, 0xff),
    );
  }

  tags(repository: string, after: string, limit: number): string[] {
    const sql = 'SELECT name FROM tags WHERE repository = ? AND name > ? ORDER BY name LIMIT ?';
    return this.db.all<{ name: string }>(sql, repository, after, limit).map(({ name }) => name);
  }

  tagsOf(repository: string, digest: Digest): string[] {
    const sql = 'SELECT name FROM tags WHERE repository = ? AND digest = ? ORDER BY name';
    return this.db.all<{ name: string }>(sql, repository, digest).map(({ name }) => name);
  }

  /** Every manifest as often as it has tags, and once when it has none. */
  listing(repository: string): Iterable<StoredManifest & { readonly tag: string | null }> {
    return this.db.iterate(
      `SELECT m.digest, m.media_type AS mediaType, m.size, t.name AS tag FROM manifests m
       LEFT JOIN tags t ON t.repository = m.repository AND t.digest = m.digest
       WHERE m.repository = ? ORDER BY t.name IS NULL, t.name, m.digest`,
      repository,
    );
  }

  referrers(
    repository: string,
    subject: string,
    options: { readonly after: number; readonly artifactType: string | undefined },
  ): Iterable<Referrer> {
    const { after, artifactType = null } = options;
    return this.db.iterate(
      `SELECT place, descriptor FROM referrers
       WHERE repository = ? AND subject = ? AND place > ? AND coalesce(artifact_type = ?, ? IS NULL)
       ORDER BY place`,
      repository,
      subject,
      after,
      artifactType,
      artifactType,
    );
  }

  [Symbol.dispose](): void {
    this.db[Symbol.dispose]();
  }
}

/** A digest in few bytes. */
function keyOf(digest: Digest): Buffer {
  const colon = digest.indexOf(':');
  return Buffer.from(digest.slice(colon + 1), 'hex');
}
