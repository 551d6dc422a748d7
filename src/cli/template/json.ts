import { fieldOf, isMap, isSlice, isTagged, isTrue, sortedKeys, type Value } from './values.ts';

/** A value as Go's encoding/json writes it, on one line; `<`, `>` and `&` stay as they are. */
export function toJson(value: Value): string {
  return encode(value, false);
}

function encode(value: Value, escapeHtml: boolean): string {
  if (value === null || value === undefined) return 'null';
  if (typeof value === 'string') return encodeString(value, escapeHtml);
  if (isSlice(value)) return `[${value.map((one) => encode(one, escapeHtml)).join(',')}]`;
  if (isMap(value)) {
    const members = sortedKeys(value).map(
      (key) => `${encodeString(key, escapeHtml)}:${encode(value.get(key), escapeHtml)}`,
    );
    return `{${members.join(',')}}`;
  }
  if (!isTagged(value)) return String(value);
  switch (value.kind) {
    case 'float':
    case 'integer':
      return String(value.value);
    case 'number':
      return value.text;
    case 'time':
      return JSON.stringify(value.json);
    case 'nil':
    case 'method':
      return 'null';
    case 'struct': {
      const escape = escapeHtml || value.escapeHtml === true;
      const members = value.json.flatMap(({ key, field, omitEmpty }) => {
        const member = fieldOf(value, field)?.value;
        // Structs count as true, and Go does not omit them either.
        if (omitEmpty === true && !isTrue(member)) return [];
        return [`${encodeString(key, escape)}:${encode(member, escape)}`];
      });
      return `{${members.join(',')}}`;
    }
  }
}

function encodeString(text: string, escapeHtml: boolean): string {
  const json = JSON.stringify(text).replaceAll('\u2028', '\\u2028').replaceAll('\u2029', '\\u2029');
  return escapeHtml
    ? json.replaceAll('<', '\\u003c').replaceAll('>', '\\u003e').replaceAll('&', '\\u0026')
    : json;
}
