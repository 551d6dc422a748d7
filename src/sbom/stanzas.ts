/** Longest value of a field that is kept; continuation lines beyond it are dropped. */
const VALUE_LIMIT = 64 * 1024;

/**
 * Records of `Name: value` lines with empty lines between them, as Debian's control files and
 * Python's metadata have them: continuation lines begin with a blank. Names are given in lower
 * case; of a name that comes twice the first counts.
 */
export function* stanzasOf(text: string): Generator<ReadonlyMap<string, string>, void> {
  let fields = new Map<string, string>();
  let last: string | undefined;
  for (const row of rowsOf(text)) {
    if (row.trim() === '') {
      if (fields.size > 0) yield fields;
      fields = new Map();
      last = undefined;
    } else if (row[0] === ' ' || row[0] === '\t') {
      const value = last === undefined ? undefined : fields.get(last);
      if (last === undefined || value === undefined || value.length > VALUE_LIMIT) continue;
      fields.set(last, `${value}\n${row.slice(1)}`);
    } else {
      const colon = row.indexOf(':');
      last = colon > 0 ? row.slice(0, colon).toLowerCase() : undefined;
      if (last === undefined) continue;
      if (fields.has(last)) last = undefined;
      else fields.set(last, row.slice(colon + 1).trim());
    }
  }
  if (fields.size > 0) yield fields;
}

/** Lines without their ends, one after the other: a list of packages is long. */
export function* rowsOf(text: string): Generator<string, void> {
  for (let at = 0; at < text.length;) {
    const found = text.indexOf('\n', at);
    const end = found < 0 ? text.length : found;
    yield text[end - 1] === '\r' ? text.slice(at, end - 1) : text.slice(at, end);
    at = end + 1;
  }
}
