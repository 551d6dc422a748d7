import type { SyncRow } from '../../registry-server/mirror/sync-row.ts';
import { humanSize } from '../units.ts';

/** What a job did, as a line. */
export function syncLine(row: SyncRow, dryRun = false): string {
  const { from, repository, tag, digest, outcome, bytes, reason } = row;
  const name = tag === undefined ? (digest === undefined ? '' : `@${digest}`) : `:${tag}`;
  const verb = dryRun && outcome !== 'unchanged' && outcome !== 'failed' ? WOULD[outcome] : outcome;
  const end =
    outcome === 'failed'
      ? `: ${reason ?? ''}`
      : outcome === 'copied' && !dryRun
        ? ` (${humanSize(bytes)})`
        : '';
  return `${verb} ${repository}${name} from ${from}${end}`;
}

const WOULD = { copied: 'would copy', removed: 'would remove' } as const;
