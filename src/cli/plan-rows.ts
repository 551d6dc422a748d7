import type { ImagePrunePlan, PlannedImage } from '../engine/prune-types.ts';
import type { Output } from './output.ts';
import { alignTabs } from './table.ts';
import { ago } from './times.ts';
import { humanSize, shortId } from './units.ts';

/** Writes a plan: two tables and a sum, or one JSON object. */
export function writePlan(
  out: Output,
  { going, staying, bytes }: ImagePrunePlan,
  form: 'table' | 'json',
  now: Date,
): void {
  if (form === 'json') {
    const rows = (images: readonly PlannedImage[]): unknown =>
      images.map(({ id, names, size, used, why }) => ({
        ID: id,
        Names: names,
        Size: size,
        LastUsed: used.toISOString(),
        Why: why,
      }));
    out.line(JSON.stringify({ Going: rows(going), Staying: rows(staying), Reclaimable: bytes }));
    return;
  }
  table(out, 'Images that would be deleted:', going, now);
  table(out, 'Images that stay:', staying, now);
  out.line(`Total reclaimable space: ${humanSize(bytes, 4)}`);
}

function table(out: Output, title: string, images: readonly PlannedImage[], now: Date): void {
  if (images.length === 0) return;
  const lines = images.map(({ id, names, size, used, why }) =>
    [shortId(id), names.join(', ') || '<none>', humanSize(size), ago(used, now), why].join('\t'),
  );
  const text = ['IMAGE ID\tNAMES\tSIZE\tLAST USED\tWHY', ...lines, ''].join('\n');
  out.write(`${title}\n${alignTabs(text)}\n`);
}
