import type { CacheEntry } from '../engine/system-types.ts';
import type { Output } from './output.ts';
import { alignTabs } from './table.ts';
import { ago, rfc3339 } from './times.ts';
import { humanSize } from './units.ts';

const HEADER = 'ID\tRECLAIMABLE\tSIZE\tLAST ACCESSED';

/** The table of `buildx du` and of what `builder prune` removed; a star marks what images share. */
export function writeCacheTable(out: Output, entries: readonly CacheEntry[], now: Date): void {
  const lines = entries.map(
    ({ id, inUse, size, shared, used }) =>
      `${id}\t${!inUse}\t${humanSize(size, 4)}${shared ? '*' : ''}\t${ago(used, now)}`,
  );
  out.write(alignTabs([HEADER, ...lines, ''].join('\n')));
}

/** One block for each entry, as `--verbose` shows them. */
export function writeCacheBlocks(out: Output, entries: readonly CacheEntry[], now: Date): void {
  for (const entry of entries) {
    const lines = [
      ['ID', entry.id],
      ...(entry.parents.length > 0 ? [['Parents', entry.parents.join(';')]] : []),
      ['Created at', rfc3339(entry.created)],
      ['Mutable', String(entry.mutable)],
      ['Reclaimable', String(!entry.inUse)],
      ['Shared', String(entry.shared)],
      ['Size', humanSize(entry.size, 4)],
      ['Description', entry.description],
      ['Usage count', String(entry.uses)],
      ['Last used', ago(entry.used, now)],
      ['Type', entry.type],
      ['', ''],
    ];
    const text = lines.map(([key, value]) => (key === '' ? '' : `${key}:\t${value}`)).join('\n');
    out.write(`${alignTabs(text, { padding: 2, narrowest: 16 })}\n`);
  }
}
