import type { Field, Listing } from './listing.ts';
import { alignTabs } from './table.ts';
import { HEADER_FUNCTIONS } from './template/functions.ts';
import { toJson } from './template/json.ts';
import { template } from './template/template.ts';
import type { Struct, Value } from './template/values.ts';
import { visible } from './visible.ts';

/** A listing by any format but the default table. Throws TemplateError. */
export function formatRows<Row>(listing: Listing<Row>, format: string): string {
  const isTable = format.startsWith('table');
  const source = sourceOf(listing, format, isTable);
  if (source === undefined) {
    return listing.rows.map((row) => `${toJson(rowStruct(listing, row))}\n`).join('');
  }
  const parsed = template(source);
  const body = listing.rows.map((row) => `${parsed.execute(rowStruct(listing, row))}\n`).join('');
  if (!isTable) return body;
  if (listing.noHeading === true) return alignTabs(visible(body));
  const header = parsed.execute(headerMap(listing.fields), { functions: HEADER_FUNCTIONS });
  return alignTabs(visible(`${header}\n${body}`));
}

/** The template to run for every row; undefined for JSON. */
function sourceOf<Row>(
  listing: Listing<Row>,
  format: string,
  isTable: boolean,
): string | undefined {
  if (format === 'json') return undefined;
  if (format === 'raw' && listing.raw !== undefined) return listing.raw;
  const typed = isTable ? format.slice('table'.length) : format;
  // `\\t` arrives where `\t` was typed in single quotes with care for the shell: it means a tab too.
  const source = typed
    .replace(/^ +| +$/g, '')
    .replace(/\\?\\t/g, '\t')
    .replace(/\\?\\n/g, '\n');
  const missing = isTable
    ? (listing.append ?? []).filter((key) => !source.includes(`{{.${key}}}`))
    : [];
  return source + missing.map((key) => `\t{{.${key}}}`).join('');
}

/** A row as a value for templates. */
export function rowStruct<Row>({ fields, type }: Listing<Row>, row: Row): Struct {
  return {
    kind: 'struct',
    type,
    fields: new Map(fields.map((field) => [field.key, (): Value => field.value(row)])),
    json: fields
      .filter((field) => field.hidden !== true)
      .map(({ key }) => ({ key, field: key }))
      .sort((a, b) => (a.key < b.key ? -1 : 1)),
    escapeHtml: true,
  };
}

/** Titles under the fields' names. A method's title is made of its argument: `.Label "a.b-c"` is `b c`. */
function headerMap<Row>(fields: readonly Field<Row>[]): Value {
  return {
    kind: 'struct',
    type: 'formatter.SubHeaderContext',
    fields: new Map<string, Value>([
      ...fields.map((field) => [field.key, field.title] as const),
      [
        'Label',
        {
          kind: 'method',
          params: ['string'],
          call: ([name]) =>
            typeof name === 'string' ? (name.split('.').at(-1) ?? '').replace(/[-_]/g, ' ') : '',
        },
      ],
    ]),
    json: [],
  };
}
