import type { ChainId, DiffId } from '../oci/digest.ts';
import type { Database } from './database.ts';
import type { LeaseRow, LeaseTable } from './activity-tables.ts';

/** Running operations in the database. */
export function leaseTable(db: Database): LeaseTable {
  const held = <T extends string>(lease: string, kind: 'chain' | 'layer'): T[] =>
    db
      .all<{ key: T }>('SELECT key FROM holds WHERE lease = ? AND kind = ?', lease, kind)
      .map(({ key }) => key);
  return {
    list: () =>
      db
        .all<Pick<LeaseRow, 'id' | 'pid' | 'purpose'>>(
          'SELECT id, pid, purpose FROM leases ORDER BY created_at, id',
        )
        .map((row) => ({
          ...row,
          chains: held<ChainId>(row.id, 'chain'),
          layers: held<DiffId>(row.id, 'layer'),
        })),
  };
}
