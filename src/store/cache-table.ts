import type { ChainId } from '../oci/digest.ts';
import type { Database } from './database.ts';
import type { CacheRow, CacheTable, Ingredient } from './tables.ts';

interface Row {
  readonly key: string;
  readonly place: string;
  readonly ingredients: string;
  readonly chain: ChainId;
  readonly canonical_key: string | null;
  readonly created_at: number;
  readonly used_at: number;
  readonly took: number;
  readonly uses: number;
}

/** Remembered build results in the database. */
export function cacheTable(db: Database): CacheTable {
  return {
    get(key) {
      const row = db.get<Row>('SELECT * FROM cache WHERE key = ?', key);
      return row && cacheRow(row);
    },
    at: (place, limit) =>
      db
        .all<Row>(
          'SELECT * FROM cache WHERE place = ? ORDER BY created_at DESC, rowid DESC LIMIT ?',
          place,
          limit,
        )
        .map(cacheRow),
    under: (prefix, limit, text) =>
      db
        .all<Row>(
          `SELECT * FROM cache WHERE place >= ?1 AND place < ?1 || char(1114111)
             AND instr(ingredients, ?2) > 0 ORDER BY created_at DESC, rowid DESC LIMIT ?3`,
          prefix,
          text === undefined ? '' : `"text":${JSON.stringify(text)}`,
          limit,
        )
        .map(cacheRow),
    newest: (limit) =>
      db.all<Row>('SELECT * FROM cache ORDER BY rowid DESC LIMIT ?', limit).map(cacheRow),
    wasRemoved: (key) => db.get('SELECT 1 FROM removed_cache WHERE key = ?', key) !== undefined,
    put(row) {
      db.run(
        `INSERT OR REPLACE INTO cache
           (key, place, ingredients, chain, canonical_key, created_at, used_at, took)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
        row.key,
        row.place,
        JSON.stringify(row.ingredients),
        row.chain,
        row.canonicalKey ?? null,
        row.createdAt,
        row.usedAt,
        Math.round(row.took),
      );
    },
    touch(keys, at) {
      for (const key of keys)
        db.run('UPDATE cache SET used_at = ?, uses = uses + 1 WHERE key = ?', at, key);
    },
    held: () =>
      db.all<{ key: ChainId }>("SELECT key FROM holds WHERE kind = 'chain'").map(({ key }) => key),
    list: () => db.all<Row>('SELECT * FROM cache ORDER BY created_at, rowid').map(cacheRow),
    remove: (key) => void db.run('DELETE FROM cache WHERE key = ?', key),
  };
}

function cacheRow(row: Row): CacheRow {
  let ingredients: readonly Ingredient[] | undefined;
  return {
    key: row.key,
    place: row.place,
    // A COPY of thousands of files has as many, and a hit asks for none of them.
    get ingredients() {
      ingredients ??= JSON.parse(row.ingredients) as readonly Ingredient[];
      return ingredients;
    },
    chain: row.chain,
    ...(row.canonical_key !== null && { canonicalKey: row.canonical_key }),
    createdAt: row.created_at,
    usedAt: row.used_at,
    took: row.took,
    uses: row.uses,
  };
}
