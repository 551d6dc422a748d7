import type { ChainId, DiffId } from '../oci/digest.ts';
import { bootId } from '../sys/boot.ts';
import type { Database } from './database.ts';
import type { LayerRow, LayerTable, OriginRow } from './tables.ts';

interface Row {
  readonly diff_id: DiffId;
  readonly size: number;
  readonly content_size: number;
  readonly entries: number;
  readonly writer: number;
  readonly synced: number;
  readonly boot_id: string;
  readonly created_at: number;
}

interface Link {
  readonly parent: ChainId | null;
  readonly diff_id: DiffId;
}

/** No image has more layers; a longer chain can only be a circle. */
const DEEPEST = 100_000;

/**
 * Layers and the stacks that are made of them in the database. What is put is reported to
 * `hold`: until an image reaches it, the leases of whoever made it must.
 */
export function layerTable(
  db: Database,
  hold: (kind: 'layer' | 'chain', key: string) => void,
): LayerTable {
  let boot: string | undefined;
  const usable = (row: Row | undefined): LayerRow | undefined => {
    if (row === undefined) return undefined;
    if (row.synced === 0 && row.boot_id !== (boot ??= bootId())) return undefined;
    return layerRow(row);
  };
  const get = (diffId: DiffId): LayerRow | undefined =>
    usable(db.get<Row>('SELECT * FROM layers WHERE diff_id = ?', diffId));
  /** Chain IDs with their layers, bottom first; undefined when a link is missing. */
  const links = (chain: ChainId): { chain: ChainId; diffId: DiffId }[] | undefined => {
    const found: { chain: ChainId; diffId: DiffId }[] = [];
    for (let at: ChainId | null = chain; at !== null;) {
      const link: Link | undefined = db.get('SELECT * FROM chains WHERE chain = ?', at);
      if (link === undefined || found.length === DEEPEST) return undefined;
      found.push({ chain: at, diffId: link.diff_id });
      at = link.parent;
    }
    return found.reverse();
  };
  return {
    get,
    list: () =>
      db.all<Row>('SELECT * FROM layers').flatMap((row) => {
        const layer = usable(row);
        return layer === undefined ? [] : [layer];
      }),
    put(row) {
      hold('layer', row.diffId);
      // A row that counts is kept: its directory was there first. Only a better tar writer
      // and a sync improve it.
      db.run(
        `INSERT INTO layers (diff_id, size, content_size, entries, writer, synced, boot_id, created_at)
         VALUES (?, ?, ?, ?, ?, ?, ?, ?)
         ON CONFLICT (diff_id) DO UPDATE SET
           size = excluded.size, content_size = excluded.content_size, entries = excluded.entries,
           writer = CASE WHEN synced = 0 AND boot_id <> excluded.boot_id
             THEN excluded.writer ELSE max(writer, excluded.writer) END,
           synced = CASE WHEN boot_id <> excluded.boot_id AND synced = 0
             THEN excluded.synced ELSE max(synced, excluded.synced) END,
           boot_id = excluded.boot_id`,
        row.diffId,
        row.size,
        row.contentSize,
        row.entries,
        row.writer,
        Number(row.synced),
        row.bootId,
        row.createdAt,
      );
    },
    markSynced(diffIds) {
      boot ??= bootId();
      for (const diffId of diffIds) {
        db.run('UPDATE layers SET synced = 1 WHERE diff_id = ? AND boot_id = ?', diffId, boot);
      }
    },
    stack(chain) {
      const rows = links(chain)?.map(({ diffId }) => get(diffId));
      return rows?.every((row) => row !== undefined) ? rows : undefined;
    },
    putChain(chain, parent, diffId) {
      hold('chain', chain);
      db.run('INSERT OR IGNORE INTO chains VALUES (?, ?, ?)', chain, parent ?? null, diffId);
    },
    chains: (chain) => links(chain)?.map((link) => link.chain),
    putOrigin(row) {
      db.run(
        'INSERT OR REPLACE INTO origins VALUES (?, ?, ?, ?, ?, ?)',
        row.chain,
        row.diffId,
        row.instruction,
        row.file ?? null,
        row.firstLine ?? null,
        row.lastLine ?? null,
      );
    },
    origins: (chain) =>
      (links(chain) ?? []).map((link) => {
        const row = db.get<OriginRecord>('SELECT * FROM origins WHERE chain = ?', link.chain);
        return row && originRow(row);
      }),
  };
}

function layerRow(row: Row): LayerRow {
  return {
    diffId: row.diff_id,
    size: row.size,
    contentSize: row.content_size,
    entries: row.entries,
    writer: row.writer,
    synced: row.synced !== 0,
    bootId: row.boot_id,
    createdAt: row.created_at,
  };
}

interface OriginRecord {
  readonly chain: ChainId;
  readonly diff_id: DiffId;
  readonly instruction: string;
  readonly file: string | null;
  readonly first_line: number | null;
  readonly last_line: number | null;
}

function originRow(row: OriginRecord): OriginRow {
  return {
    chain: row.chain,
    diffId: row.diff_id,
    instruction: row.instruction,
    ...(row.file !== null && { file: row.file }),
    ...(row.first_line !== null && { firstLine: row.first_line }),
    ...(row.last_line !== null && { lastLine: row.last_line }),
  };
}
