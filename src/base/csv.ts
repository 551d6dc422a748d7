/**
 * The fields of one line of comma-separated values; `"` quotes a whole field and is doubled
 * inside one. Throws RangeError for a stray or unmatched quote, and for nothing at all.
 *
 * @see https://www.rfc-editor.org/rfc/rfc4180
 */
export function csvFields(line: string): string[] {
  if (line === '') throw new RangeError('EOF');
  const fields: string[] = [];
  for (let at = 0; at <= line.length;) {
    const quoted = line[at] === '"';
    const end = quoted ? endOfQuoted(line, at) : endOfPlain(line, at);
    const field = line.slice(at, end);
    fields.push(quoted ? field.slice(1, -1).replaceAll('""', '"') : field);
    at = end + 1;
  }
  return fields;
}

function endOfPlain(line: string, start: number): number {
  const comma = line.indexOf(',', start);
  const end = comma < 0 ? line.length : comma;
  const quote = line.slice(start, end).indexOf('"');
  if (quote >= 0) throw syntax(start + quote, 'bare " in non-quoted field');
  return end;
}

function endOfQuoted(line: string, start: number): number {
  for (let at = start + 1; ; at += 2) {
    at = line.indexOf('"', at);
    if (at < 0) throw syntax(line.length, 'extraneous or missing " in quoted-field');
    if (line[at + 1] === '"') continue;
    if (at + 1 < line.length && line[at + 1] !== ',') {
      throw syntax(at, 'extraneous or missing " in quoted-field');
    }
    return at + 1;
  }
}

function syntax(offset: number, what: string): RangeError {
  return new RangeError(`parse error on line 1, column ${offset + 1}: ${what}`);
}
