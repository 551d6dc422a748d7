import { toJson } from './json.ts';
import { print, printAll, printLine } from './print.ts';
import { sprintf } from './printf.ts';
import { isMap, isSlice, isTagged, isTrue, sortedKeys, typeName, type Value } from './values.ts';

/** A function that templates may call. Throws RangeError with the reason. */
export interface TemplateFunction {
  /** Fewest and most arguments. */
  readonly arity: readonly [number, number];
  call(args: readonly Value[]): Value;
}

/** Functions by name. `and` and `or` are not here: they do not evaluate all their arguments. */
export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

const ANY = Number.POSITIVE_INFINITY;
const fn = (
  least: number,
  most: number,
  call: (args: readonly Value[]) => Value,
): TemplateFunction => ({
  arity: [least, most],
  call,
});
const textOf = (value: Value): string => {
  if (typeof value !== 'string') {
    throw new RangeError(`wrong type for value; expected string; got ${typeName(value)}`);
  }
  return value;
};
const intOf = (value: Value): number => {
  if (typeof value !== 'number') {
    throw new RangeError(`wrong type for value; expected int; got ${typeName(value)}`);
  }
  return value;
};
const joined = (args: readonly Value[]): string =>
  args.length === 1 && typeof args[0] === 'string' ? args[0] : printAll(args);

/** Go's predefined functions and those that Docker adds. */
export const FUNCTIONS: FunctionTable = new Map<string, TemplateFunction>([
  ['not', fn(1, 1, ([value]) => !isTrue(value))],
  ['len', fn(1, 1, ([value]) => length(value))],
  ['index', fn(1, ANY, ([item, ...at]) => at.reduce(index, item))],
  ['slice', fn(1, 4, ([item, ...at]) => slice(item, at))],
  ['print', fn(0, ANY, printAll)],
  ['println', fn(0, ANY, printLine)],
  ['printf', fn(1, ANY, ([format, ...args]) => sprintf(textOf(format), args))],
  ['html', fn(0, ANY, (args) => html(joined(args)))],
  ['js', fn(0, ANY, (args) => js(joined(args)))],
  ['urlquery', fn(0, ANY, (args) => urlquery(joined(args)))],
  ['eq', fn(1, ANY, equalAny)],
  ['ne', fn(2, 2, ([a, b]) => !equal(a, b))],
  ['lt', fn(2, 2, ([a, b]) => compare(a, b) < 0)],
  ['le', fn(2, 2, ([a, b]) => compare(a, b) <= 0)],
  ['gt', fn(2, 2, ([a, b]) => compare(a, b) > 0)],
  ['ge', fn(2, 2, ([a, b]) => compare(a, b) >= 0)],
  ['call', fn(1, ANY, ([callee]) => notCallable(callee))],
  ['json', fn(1, 1, ([value]) => toJson(value))],
  ['split', fn(2, 2, ([text, by]) => textOf(text).split(textOf(by)))],
  ['join', fn(2, 2, ([list, by]) => join(list, textOf(by)))],
  ['title', fn(1, 1, ([text]) => title(textOf(text)))],
  ['lower', fn(1, 1, ([text]) => textOf(text).toLowerCase())],
  ['upper', fn(1, 1, ([text]) => textOf(text).toUpperCase())],
  ['pad', fn(3, 3, ([text, left, right]) => padded(textOf(text), intOf(left), intOf(right)))],
  ['truncate', fn(2, 2, ([text, size]) => truncate(textOf(text), intOf(size)))],
]);

/** In the header of a table, functions that reshape a value leave the title alone. */
export const HEADER_FUNCTIONS: FunctionTable = new Map([
  ...FUNCTIONS,
  ...['json', 'split', 'join', 'title', 'lower', 'upper', 'pad', 'truncate'].map(
    (name) => [name, fn(1, 3, ([value]) => value)] as const,
  ),
]);

function length(value: Value): number {
  if (typeof value === 'string') return Buffer.byteLength(value);
  if (isSlice(value)) return value.length;
  if (isMap(value)) return value.size;
  if (value === undefined || value === null) throw new RangeError('len of nil pointer');
  if (isTagged(value) && value.kind === 'nil' && value.of !== 'pointer') return 0;
  throw new RangeError(`len of type ${typeName(value)}`);
}

function index(item: Value, key: Value): Value {
  if (isMap(item)) {
    if (typeof key !== 'string') {
      throw new RangeError(`value has type ${typeName(key)}; should be string`);
    }
    if (item.has(key)) return item.get(key);
    // The zero value of the map's elements.
    return [...item.values()].every((value) => typeof value === 'string') ? '' : undefined;
  }
  if (isTagged(item) && item.kind === 'nil') {
    if (item.of === 'map') return '';
    if (item.of === 'pointer') throw new RangeError('index of nil pointer');
  }
  const list = isTagged(item) && item.kind === 'nil' ? [] : item;
  if (isSlice(list) || typeof list === 'string') {
    const at = indexValue(key);
    const size = length(list);
    if (at < 0 || at >= size) throw new RangeError(`index out of range: ${at}`);
    return typeof list === 'string' ? Buffer.from(list)[at] : list[at];
  }
  if (item === undefined || item === null) throw new RangeError('index of untyped nil');
  throw new RangeError(`can't index item of type ${typeName(item)}`);
}

function indexValue(key: Value): number {
  if (typeof key === 'number') return key;
  if (key === undefined || key === null) throw new RangeError('cannot index slice/array with nil');
  throw new RangeError(`cannot index slice/array with type ${typeName(key)}`);
}

function slice(item: Value, at: readonly Value[]): Value {
  if (item === undefined || item === null) throw new RangeError('slice of untyped nil');
  if (typeof item !== 'string' && !isSlice(item)) {
    throw new RangeError(`can't slice item of type ${typeName(item)}`);
  }
  if (typeof item === 'string' && at.length > 2) {
    throw new RangeError('cannot 3-index slice a string');
  }
  const size = length(item);
  const [from = 0, to = size, most = size] = at.map(indexValue);
  for (const one of [from, to, most]) {
    if (one < 0 || one > size) throw new RangeError(`index out of range: ${one}`);
  }
  if (from > to) throw new RangeError(`invalid slice index: ${from} > ${to}`);
  if (to > most) throw new RangeError(`invalid slice index: ${to} > ${most}`);
  return typeof item === 'string'
    ? Buffer.from(item).subarray(from, to).toString()
    : item.slice(from, to);
}

type Basic = 'bool' | 'int' | 'float' | 'string';

function basicKind(value: Value): Basic | undefined {
  switch (typeof value) {
    case 'boolean':
      return 'bool';
    case 'number':
      return 'int';
    case 'string':
      return 'string';
    default:
      return isTagged(value) && value.kind === 'float' ? 'float' : undefined;
  }
}

const numeric = (value: Value): number =>
  isTagged(value) && value.kind === 'float' ? value.value : Number(value);

function equalAny([first, ...others]: readonly Value[]): boolean {
  if (others.length === 0) throw new RangeError('missing argument for comparison');
  return others.some((other) => equal(first, other));
}

function equal(a: Value, b: Value): boolean {
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  const empty = (value: Value): boolean =>
    value === undefined || value === null || (isTagged(value) && value.kind === 'nil');
  if (empty(a) || empty(b)) return empty(a) && empty(b);
  if (kindA === undefined || kindB === undefined) {
    throw new RangeError(`non-comparable type ${print(a)}: ${typeName(a)}`);
  }
  if (kindA !== kindB) throw new RangeError('incompatible types for comparison');
  return kindA === 'string' || kindA === 'bool' ? a === b : numeric(a) === numeric(b);
}

function compare(a: Value, b: Value): number {
  const [kindA, kindB] = [basicKind(a), basicKind(b)];
  if (kindA === undefined || kindB === undefined) {
    throw new RangeError('invalid type for comparison');
  }
  if (kindA !== kindB) throw new RangeError('incompatible types for comparison');
  if (kindA === 'bool') throw new RangeError('invalid type for comparison');
  if (typeof a === 'string' && typeof b === 'string') {
    return Buffer.compare(Buffer.from(a), Buffer.from(b));
  }
  return numeric(a) - numeric(b);
}

function notCallable(value: Value): never {
  if (value === undefined || value === null) throw new RangeError('call of nil');
  throw new RangeError(`non-function of type ${typeName(value)}`);
}

function join(list: Value, by: string): string {
  if (list === undefined || list === null) return '';
  if (isSlice(list)) return list.map(print).join(by);
  if (isMap(list)) {
    return sortedKeys(list)
      .map((key) => print(list.get(key)))
      .sort()
      .join(by);
  }
  if (isTagged(list) && list.kind === 'nil') return '';
  throw new RangeError(`expected slice, got ${typeName(list)}`);
}

function title(text: string): string {
  return text.replace(
    /(^|[^\p{L}\p{Nd}_'])(\p{L})/gu,
    (_, before: string, letter: string) => before + letter.toUpperCase(),
  );
}

function padded(text: string, left: number, right: number): string {
  return text === '' ? '' : ' '.repeat(Math.max(0, left)) + text + ' '.repeat(Math.max(0, right));
}

function truncate(text: string, size: number): string {
  if (size < 0) throw new RangeError('slice bounds out of range');
  const bytes = Buffer.from(text);
  return bytes.length < size ? text : bytes.subarray(0, size).toString();
}

const HTML: Readonly<Record<string, string>> = {
  '"': '&#34;',
  "'": '&#39;',
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '\0': '\uFFFD',
};

function html(text: string): string {
  return text.replace(/["'&<>\0]/g, (mark) => HTML[mark] ?? mark);
}

function js(text: string): string {
  return text.replace(/[\\'"<>&=\x00-\x1f]/g, (mark) =>
    ['\\', "'", '"'].includes(mark)
      ? `\\${mark}`
      : `\\u${mark.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
  );
}

function urlquery(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
