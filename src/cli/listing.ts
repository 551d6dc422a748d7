import type { Context } from './command.ts';
import { alignTabs } from './table.ts';
import { visibleCell } from './visible.ts';
import type { Value } from './template/values.ts';

/** A field of a listing's rows: how templates name it, its title, its text. */
export interface Field<Row> {
  readonly key: string;
  readonly title: string;
  readonly value: (row: Row) => Value;
  /** Answers to templates, but is not part of the JSON form. */
  readonly hidden?: boolean;
}

/** A listing: what `--format` may ask of it. */
export interface Listing<Row> {
  readonly rows: readonly Row[];
  readonly fields: readonly Field<Row>[];
  /** Fields of the default table, and the titles that differ from the fields' own. */
  readonly columns: readonly string[];
  /** Go's name of the row, for messages. */
  readonly type: string;
  /** The block of `--format raw`, as a template. */
  readonly raw?: string;
  /** Fields that a table template gets added where it lacks them. */
  readonly append?: readonly string[];
  /** Tables without their first line. */
  readonly noHeading?: boolean;
}

/**
 * Writes a listing as `--format` says: the default table, `table TEMPLATE`, `json`, `raw`,
 * or a template per row. The template engine is loaded only when a template is given.
 */
export async function writeListing<Row>(
  { stdout }: Pick<Context, 'stdout'>,
  listing: Listing<Row>,
  format: string,
): Promise<void> {
  if (format === 'table') {
    stdout.write(alignTabs(defaultTable(listing)));
    return;
  }
  const { formatRows } = await import('./row-templates.ts');
  stdout.write(formatRows(listing, format));
}

/** Writes one field of every row, a line each: what `-q` shows. */
export function writeField<Row>(
  { stdout }: Pick<Context, 'stdout'>,
  { rows, fields }: Pick<Listing<Row>, 'rows' | 'fields'>,
  key: string,
  prefix = '',
): void {
  const field = fieldOf(fields, key);
  for (const row of rows) stdout.line(prefix + cell(field, row));
}

function fieldOf<Row>(fields: readonly Field<Row>[], key: string): Field<Row> {
  const field = fields.find((one) => one.key === key);
  if (!field) throw new TypeError(`no field ${key}`);
  return field;
}

/** Fields that have a place in a table are texts. */
function cell<Row>(field: Field<Row>, row: Row): string {
  const value = field.value(row);
  if (typeof value !== 'string') throw new TypeError(`${field.key} is no text`);
  return value;
}

function defaultTable<Row>({ rows, fields, columns, noHeading }: Listing<Row>): string {
  const shown = columns.map((key) => fieldOf(fields, key));
  const lines = [
    ...(noHeading === true ? [] : [shown.map((field) => field.title).join('\t')]),
    ...rows.map((row) => shown.map((field) => visibleCell(cell(field, row))).join('\t')),
  ];
  return lines.map((line) => `${line}\n`).join('');
}
