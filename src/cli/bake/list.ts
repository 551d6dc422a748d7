import { csvFields } from '../../base/csv.ts';
import { UsageError } from '../../base/errors.ts';
import type { Evaluated } from '../../bake/definition.ts';
import { goJson } from '../../bake/print.ts';

const TAB = 8;

/** What `--list` asks for. */
export interface Listing {
  readonly type: 'targets' | 'variables';
  readonly format: 'table' | 'json';
}

/** Reads `targets`, `variables` or `type=targets,format=json`. Throws UsageError. */
export function parseListing(text: string): Listing {
  let [type, format] = ['', 'table'];
  for (const field of fieldsOf(text)) {
    const at = field.indexOf('=');
    if (at < 0) type = field;
    else if (field.startsWith('type=')) type = field.slice(at + 1);
    else if (field.startsWith('format=')) format = field.slice(at + 1);
    else throw new UsageError(`unexpected key '${field.slice(0, at)}' in '${field}'`);
  }
  if (type !== 'targets' && type !== 'variables') {
    throw new UsageError(`invalid list type ${JSON.stringify(type)}`, {
      hint: 'It is targets or variables.',
    });
  }
  if (format !== 'table' && format !== 'json') {
    throw new UsageError(`invalid list format ${JSON.stringify(format)}`, {
      hint: 'It is table or json.',
    });
  }
  return { type, format };
}

function fieldsOf(text: string): string[] {
  try {
    return csvFields(text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new UsageError(`invalid value ${JSON.stringify(text)} for --list: ${error.message}`);
  }
}

/** The listing as text, ended by a line feed. */
export function listingText({ type, format }: Listing, definition: Evaluated): string {
  const rows = type === 'targets' ? targetRows(definition) : variableRows(definition);
  if (format === 'json') return `${goJson(rows.map(({ json }) => json))}\n`;
  const head =
    type === 'targets' ? ['TARGET', 'DESCRIPTION'] : ['VARIABLE', 'TYPE', 'VALUE', 'DESCRIPTION'];
  return aligned([head, ...rows.map(({ cells }) => cells)]);
}

/** Columns that start at tab stops, as buildx prints them: also good for cutting at tabs. */
function aligned(rows: readonly (readonly string[])[]): string {
  const stops = (rows[0] ?? []).map((_, column) => {
    const widest = Math.max(...rows.map((row) => Array.from(row[column] ?? '').length));
    return Math.ceil((widest + 1) / TAB) * TAB;
  });
  const tabs = (cell: string, column: number): string =>
    '\t'.repeat(Math.ceil(((stops[column] ?? 0) - Array.from(cell).length) / TAB));
  return rows
    .map((row) =>
      row.map((cell, column) => (column === row.length - 1 ? cell : cell + tabs(cell, column))),
    )
    .map((cells) => `${cells.join('')}\n`)
    .join('');
}

interface Row {
  readonly json: Readonly<Record<string, unknown>>;
  readonly cells: readonly string[];
}

/** Names that start with an underscore are nobody's business. */
function targetRows({ targets, groups }: Evaluated): Row[] {
  const all = [
    ...targets.map(({ name, fields }) => ({
      name,
      description: fields.description ?? '',
      group: false,
    })),
    ...groups.map(({ name, description = '', targets: names }) => {
      const inside = names.toSorted().join(', ');
      const words =
        description === '' ? inside : inside === '' ? description : `${description} (${inside})`;
      return { name, description: words, group: true };
    }),
  ];
  return all
    .filter(({ name }) => !name.startsWith('_'))
    .toSorted((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, description, group }) => ({
      json: { name, ...(description !== '' && { description }), ...(group && { group }) },
      cells: [name, description],
    }));
}

function variableRows({ variables }: Evaluated): Row[] {
  return variables.map(({ name, description, type, value }) => ({
    json: {
      name,
      ...(description !== '' && { description }),
      ...(type !== '' && { type }),
      ...(value !== undefined && { value }),
    },
    cells: [name, type, value ?? '<null>', description],
  }));
}
