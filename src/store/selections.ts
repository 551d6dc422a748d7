import type { Database } from './database.ts';
import type { SelectionTable } from './tables.ts';

/** Bytes that the lists of files may take together. */
const SELECTIONS = 32 * 1024 * 1024;

/** Lists of files in the database; the oldest go when there are too many. */
export function selectionTable(db: Database): SelectionTable {
  return {
    get: (digest) =>
      db.get<{ list: Uint8Array }>('SELECT list FROM selections WHERE digest = ?', digest)?.list,
    put(digest, list) {
      db.run(
        'INSERT OR REPLACE INTO selections (digest, size, list) VALUES (?, ?, ?)',
        digest,
        list.length,
        list,
      );
      db.run(
        `DELETE FROM selections WHERE id IN (
           SELECT id FROM (SELECT id, sum(size) OVER (ORDER BY id DESC) AS total FROM selections)
           WHERE total > ?)`,
        SELECTIONS,
      );
    },
  };
}
