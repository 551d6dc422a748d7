import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest } from '../oci/digest.ts';
import type { Database } from './database.ts';
import type { IndexMember, IndexRow, IndexTable } from './tables.ts';

interface Row {
  readonly digest: Digest;
  readonly descriptor: string;
  readonly stored_at: number;
}

/** Indexes and the images in them, in the database. */
export function indexTable(db: Database): IndexTable {
  const members = (digest: Digest): IndexMember[] =>
    db
      .all<{ image: Digest; manifest: string }>(
        'SELECT image, manifest FROM index_images WHERE idx = ? ORDER BY position',
        digest,
      )
      .map(({ image, manifest }) => ({ image, manifest: JSON.parse(manifest) as Descriptor }));
  const row = ({ digest, descriptor, stored_at: storedAt }: Row): IndexRow => ({
    digest,
    descriptor: JSON.parse(descriptor) as Descriptor,
    storedAt,
    members: members(digest),
  });
  return {
    get(digest) {
      const found = db.get<Row>('SELECT * FROM indexes WHERE digest = ?', digest);
      return found && row(found);
    },
    byPrefix(hex, limit) {
      if (!/^[0-9a-f]{1,64}$/.test(hex)) return [];
      const sql = 'SELECT digest FROM indexes WHERE digest >= ? AND digest < ? LIMIT ?';
      return db
        .all<{ digest: Digest }>(sql, `sha256:${hex}`, `sha256:${hex}g`, limit)
        .map(({ digest }) => digest);
    },
    list: () => db.all<Row>('SELECT * FROM indexes ORDER BY digest').map(row),
    put({ digest, descriptor, storedAt, members: images }, blobs) {
      db.run(
        `INSERT INTO indexes (digest, descriptor, stored_at) VALUES (?, ?, ?)
         ON CONFLICT (digest) DO UPDATE SET descriptor = excluded.descriptor`,
        digest,
        JSON.stringify(descriptor),
        storedAt,
      );
      db.run('DELETE FROM index_images WHERE idx = ?', digest);
      for (const [position, { image, manifest }] of images.entries()) {
        db.run(
          'INSERT INTO index_images (idx, position, image, manifest) VALUES (?, ?, ?, ?)',
          digest,
          position,
          image,
          JSON.stringify(manifest),
        );
      }
      for (const blob of blobs) {
        db.run('INSERT OR IGNORE INTO index_blobs (idx, blob) VALUES (?, ?)', digest, blob);
      }
    },
    blobs: (digest) =>
      db
        .all<{ blob: Digest }>('SELECT blob FROM index_blobs WHERE idx = ?', digest)
        .map(({ blob }) => blob),
    remove: (digest) => void db.run('DELETE FROM indexes WHERE digest = ?', digest),
    named: () =>
      new Set(
        db
          .all<{ image: Digest }>(
            'SELECT DISTINCT image FROM index_images WHERE idx IN (SELECT idx FROM names WHERE idx IS NOT NULL)',
          )
          .map(({ image }) => image),
      ),
    isNamed: (digest) => db.get('SELECT 1 FROM names WHERE idx = ?', digest) !== undefined,
    of: (image) =>
      db
        .all<{ idx: Digest }>('SELECT DISTINCT idx FROM index_images WHERE image = ?', image)
        .map(({ idx }) => idx),
  };
}
