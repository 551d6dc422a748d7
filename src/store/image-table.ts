import type { Descriptor } from '../oci/descriptor.ts';
import type { ChainId, Digest } from '../oci/digest.ts';
import { outsideMap } from '../oci/json.ts';
import type { Platform } from '../oci/platform.ts';
import type { Database } from './database.ts';
import type { ImageRow, ImageSteps, ImageTable, NameRow } from './tables.ts';

interface Row {
  readonly id: Digest;
  readonly manifest: string;
  readonly platform: string;
  readonly chain: ChainId | null;
  readonly created_at: number | null;
  readonly stored_at: number;
  readonly size: number;
  readonly parent: Digest | null;
  readonly labels: string;
  readonly tagged_at: number | null;
  readonly used_at: number | null;
}

/** Images and their names in the database. */
export function imageTable(db: Database): ImageTable {
  const select = 'SELECT * FROM images';
  const rowsOf = (rows: readonly Row[]): ImageRow[] => {
    // Most images are made for the same platform, which need not be read a thousand times.
    const platforms = new Map<string, Platform>();
    return rows.map((row) => imageRow(row, platforms));
  };
  const one = (row: Row | undefined): ImageRow | undefined => row && rowsOf([row])[0];
  const ids = (rows: readonly { readonly id: Digest }[]): Digest[] => rows.map((row) => row.id);
  const named = (name: string): NameRow | undefined => {
    const row = db.get<NameRecord>('SELECT * FROM names WHERE name = ?', name);
    return row && nameRow(row);
  };
  return {
    get: (id) => one(db.get<Row>(`${select} WHERE id = ?`, id)),
    byPrefix(hex, limit) {
      if (!/^[0-9a-f]{1,64}$/.test(hex)) return [];
      // 'g' sorts after every hex digit.
      const sql = 'SELECT id FROM images WHERE id >= ? AND id < ? ORDER BY id LIMIT ?';
      return ids(db.all(sql, `sha256:${hex}`, `sha256:${hex}g`, limit));
    },
    byManifest: (digest) =>
      one(db.get<Row>(`${select} WHERE manifest_digest = ? ORDER BY id LIMIT 1`, digest)),
    list: () => rowsOf(db.all<Row>(select)),
    children: (id) => ids(db.all('SELECT id FROM images WHERE parent = ?', id)),
    onChains: (chains, limit) =>
      rowsOf(
        db.all<Row>(
          `${select} WHERE chain IN (SELECT value FROM json_each(?)) ORDER BY stored_at, id LIMIT ?`,
          JSON.stringify(chains),
          limit,
        ),
      ),
    steps(id) {
      const row = db.get<StepsRecord>('SELECT * FROM image_steps WHERE image = ?', id);
      if (!row) return undefined;
      const { file, inherited, lines } = row;
      return { file, inherited, lines: JSON.parse(lines) as ImageSteps['lines'] };
    },
    putSteps: (id, { file, inherited, lines }) =>
      void db.run(
        `INSERT OR REPLACE INTO image_steps (image, file, inherited, lines)
         SELECT id, ?, ?, ? FROM images WHERE id = ?`,
        file,
        inherited,
        JSON.stringify(lines),
        id,
      ),
    put(row) {
      db.run(
        `INSERT INTO images (id, manifest_digest, manifest, platform, chain, created_at,
           stored_at, size, parent, labels, tagged_at, used_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (id) DO UPDATE SET
           manifest_digest = excluded.manifest_digest, manifest = excluded.manifest,
           platform = excluded.platform, chain = excluded.chain,
           created_at = excluded.created_at, size = excluded.size,
           parent = coalesce(excluded.parent, parent), labels = excluded.labels,
           tagged_at = coalesce(excluded.tagged_at, tagged_at),
           used_at = coalesce(excluded.used_at, used_at)`,
        row.id,
        row.manifest.digest,
        JSON.stringify(row.manifest),
        JSON.stringify(row.platform),
        row.chain ?? null,
        row.createdAt ?? null,
        row.storedAt,
        row.size,
        row.parent ?? null,
        JSON.stringify(row.labels),
        row.taggedAt ?? null,
        row.usedAt ?? null,
      );
    },
    remove: (id) => void db.run('DELETE FROM images WHERE id = ?', id),
    named,
    names: (id) =>
      (id === undefined
        ? db.all<NameRecord>('SELECT * FROM names ORDER BY name')
        : db.all<NameRecord>('SELECT * FROM names WHERE image = ? ORDER BY name', id)
      ).map(nameRow),
    tag(name, image, at, index) {
      const before = named(name);
      db.run(
        `INSERT INTO names (name, image, updated_at, idx) VALUES (?, ?, ?, ?) ON CONFLICT (name)
         DO UPDATE SET image = excluded.image, updated_at = excluded.updated_at, idx = excluded.idx`,
        name,
        image,
        at,
        index ?? null,
      );
      db.run('UPDATE images SET tagged_at = ? WHERE id = ?', at, image);
      forgetUnnamed(db, before?.index);
      return before?.image;
    },
    untag(name) {
      const before = named(name);
      const gone = db.run('DELETE FROM names WHERE name = ?', name) > 0;
      forgetUnnamed(db, before?.index);
      return gone;
    },
    use: (id, at) => void db.run('UPDATE images SET used_at = ? WHERE id = ?', at, id),
  };
}

function forgetUnnamed(db: Database, index: Digest | undefined): void {
  if (index === undefined) return;
  db.run(
    'DELETE FROM indexes WHERE digest = ? AND digest NOT IN (SELECT idx FROM names WHERE idx IS NOT NULL)',
    index,
  );
}

function imageRow(row: Row, platforms: Map<string, Platform>): ImageRow {
  let platform = platforms.get(row.platform);
  if (!platform) platforms.set(row.platform, (platform = JSON.parse(row.platform) as Platform));
  // Written plainly: `images` lists a thousand of them while the code is still cold.
  const image: { -readonly [Key in keyof ImageRow]: ImageRow[Key] } = {
    id: row.id,
    // Both are read when they are asked for: a listing asks for neither.
    get manifest() {
      return JSON.parse(row.manifest) as Descriptor;
    },
    platform,
    storedAt: row.stored_at,
    size: row.size,
    get labels() {
      return row.labels === '{}' ? NO_LABELS : labels(row.labels);
    },
  };
  if (row.chain !== null) image.chain = row.chain;
  if (row.created_at !== null) image.createdAt = row.created_at;
  if (row.parent !== null) image.parent = row.parent;
  if (row.tagged_at !== null) image.taggedAt = row.tagged_at;
  if (row.used_at !== null) image.usedAt = row.used_at;
  return image;
}

const NO_LABELS: ImageRow['labels'] = Object.freeze(outsideMap<string>([]));

function labels(text: string): ImageRow['labels'] {
  return outsideMap(Object.entries(JSON.parse(text) as Record<string, string>));
}

interface StepsRecord {
  readonly file: string;
  readonly inherited: number;
  readonly lines: string;
}

interface NameRecord {
  readonly name: string;
  readonly image: Digest;
  readonly updated_at: number;
  readonly idx: Digest | null;
}

function nameRow(row: NameRecord): NameRow {
  const { name, image, updated_at: updatedAt, idx } = row;
  return idx === null ? { name, image, updatedAt } : { name, image, updatedAt, index: idx };
}
