import type { Descriptor } from '../oci/descriptor.ts';
import type { Digest, DiffId } from '../oci/digest.ts';
import type { Database } from './database.ts';
import type { BlobTable } from './tables.ts';

/** What the database knows of blobs. */
export function blobTable(db: Database): BlobTable {
  return {
    has: (digest) => db.get('SELECT 1 FROM blobs WHERE digest = ?', digest) !== undefined,
    put: (digest, size) => void db.run('INSERT OR REPLACE INTO blobs VALUES (?, ?)', digest, size),
    list: () =>
      db
        .all<{ digest: Digest; size: number }>('SELECT * FROM blobs ORDER BY digest')
        .map(({ digest, size }) => ({ digest, size })),
    putLayerBlob({ diffId, blob }) {
      const text = JSON.stringify(blob);
      db.run('INSERT OR REPLACE INTO layer_blobs VALUES (?, ?, ?)', diffId, blob.digest, text);
    },
    layerBlobs: (diffId) =>
      db
        .all<{
          descriptor: string;
        }>(
          'SELECT descriptor FROM layer_blobs JOIN blobs ON blob = digest WHERE diff_id = ?',
          diffId,
        )
        .map((row) => JSON.parse(row.descriptor) as Descriptor),
    diffIdOf: (blob) =>
      db.get<{ diff_id: DiffId }>('SELECT diff_id FROM layer_blobs WHERE blob = ?', blob)?.diff_id,
    link: (image, blob) =>
      void db.run('INSERT OR IGNORE INTO image_blobs VALUES (?, ?)', image, blob),
  };
}
