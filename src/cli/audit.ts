import { Exit } from '../base/errors.ts';
import type { AuditFinding, AuditReport } from '../engine/audit-types.ts';
import type { Context } from './command.ts';
import { writeListing, type Field } from './listing.ts';
import { ellipsis } from './units.ts';
import { visible } from './visible.ts';

const STEP_WIDTH = 60;

/**
 * Writes what `history --audit` found: a table, JSON or a template for each finding. Returns the
 * exit code: 1 when there is something to say.
 */
export async function writeAudit(
  context: Pick<Context, 'stdout' | 'stderr'>,
  name: string,
  { findings, layers, truncated }: AuditReport,
  { format, truncate }: { readonly format: string; readonly truncate: boolean },
): Promise<number> {
  if (findings.length === 0 && format === 'table') {
    const read = `${layers} layer${layers === 1 ? '' : 's'} read`;
    context.stdout.line(`No credentials found in ${name} (${read}).`);
    return Exit.ok;
  }
  await writeListing(
    context,
    {
      rows: findings,
      fields: fields(truncate),
      type: '*audit.finding',
      columns: ['Where', 'Rule', 'Value', 'Step'],
    },
    format,
  );
  if (truncated) context.stderr.line(`Notice: only the first ${findings.length} are shown.`);
  return findings.length > 0 ? Exit.failure : Exit.ok;
}

function fields(truncate: boolean): readonly Field<AuditFinding>[] {
  return [
    { key: 'Description', title: 'DESCRIPTION', value: ({ description }) => oneLine(description) },
    { key: 'HiddenBy', title: 'HIDDEN BY', value: ({ layer }) => layer?.hiddenBy ?? 0 },
    { key: 'Layer', title: 'LAYER', value: ({ layer }) => layer?.diffId ?? '' },
    { key: 'Line', title: 'LINE', value: ({ line }) => line ?? 0 },
    { key: 'Place', title: 'PLACE', value: ({ place }) => place },
    { key: 'Rule', title: 'RULE', value: ({ rule }) => rule },
    {
      key: 'Step',
      title: 'STEP',
      value: (finding) => {
        const step = stepOf(finding);
        return truncate ? ellipsis(step, STEP_WIDTH) : step;
      },
    },
    { key: 'Value', title: 'VALUE', value: ({ value }) => oneLine(value) },
    { key: 'Where', title: 'WHERE', value: placeOf },
  ];
}

function placeOf({ place, where, line }: AuditFinding): string {
  const name = oneLine(where);
  switch (place) {
    case 'variable':
      return `ENV ${name}`;
    case 'label':
      return `LABEL ${name}`;
    case 'history':
      return `history: ${name}`;
    case 'config':
      return name;
    case 'file':
      return line === undefined ? name : `${name}:${line}`;
    default:
      return place satisfies never;
  }
}

/** What made the layer; of a file that a later layer hides that, too. */
function stepOf({ layer, place, line }: AuditFinding): string {
  if (!layer) return place === 'history' && line !== undefined ? `entry ${line}` : '';
  const { position, hiddenBy, origin, createdBy } = layer;
  const gone = hiddenBy === undefined ? '' : `, hidden by layer ${hiddenBy}`;
  const by = origin ? `${oneLine(origin.file)}:${origin.line}` : oneLine(createdBy);
  return `layer ${position}${gone}: ${by}`;
}

/** Text from outside as a cell of a table. */
function oneLine(text: string): string {
  return visible(text.replace(/\s+/g, ' '));
}
