import { durationText, timeText } from './clock.ts';
import { fieldOf, isMap, isSlice, isTagged, sortedKeys, type Value } from './values.ts';

/** A value as Go's `%v` prints it: `[a b]`, `map[k:v]`, `{a b}`, `<nil>`. */
export function print(value: Value): string {
  if (value === null || value === undefined) return '<nil>';
  if (isSlice(value)) return `[${value.map(print).join(' ')}]`;
  if (isMap(value)) {
    return `map[${sortedKeys(value)
      .map((key) => `${key}:${print(value.get(key))}`)
      .join(' ')}]`;
  }
  if (!isTagged(value)) return String(value);
  switch (value.kind) {
    case 'float':
      return printFloat(value.value);
    case 'integer':
      return value.type === 'time.Duration' ? durationText(value.value) : String(value.value);
    case 'number':
      return value.text;
    case 'time':
      return timeText(value);
    case 'nil':
      return { slice: '[]', map: 'map[]', pointer: '<nil>' }[value.of];
    case 'struct':
      return `{${[...value.fields.keys()].map((name) => print(fieldOf(value, name)?.value)).join(' ')}}`;
    case 'method':
      return 'func';
  }
}

/** What an action writes: as {@link print}, but for a value that is not there. */
export function printAction(value: Value): string {
  return value === undefined || value === null ? '<no value>' : print(value);
}

/** As Go's `Print`: blanks between neighbours that are both not strings. */
export function printAll(values: readonly Value[]): string {
  let text = '';
  values.forEach((value, i) => {
    const before = values[i - 1];
    if (i > 0 && typeof value !== 'string' && typeof before !== 'string') text += ' ';
    text += print(value);
  });
  return text;
}

/** As Go's `Println`: blanks between all, and a line end. */
export function printLine(values: readonly Value[]): string {
  return `${values.map(print).join(' ')}\n`;
}

/** The shortest form that reads back as the same number; with an exponent below 1e-4 and from 1e6 on. */
export function printFloat(value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  const size = Math.abs(value);
  if (value === 0) return Object.is(value, -0) ? '-0' : '0';
  return size >= 1e-4 && size < 1e6 ? String(value) : goExponent(value.toExponential());
}

/** Go writes at least two digits of exponent: `1e-05`. */
export function goExponent(text: string): string {
  return text.replace(/e([+-])(\d)$/, 'e$10$2');
}
