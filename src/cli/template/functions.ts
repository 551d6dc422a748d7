import { compare, equalAny } from './compare.ts';
import { html, js, urlquery } from './escape.ts';
import { index, length, slice } from './items.ts';
import { toJson } from './json.ts';
import { print, printAll, printLine } from './print.ts';
import { sprintf } from './printf.ts';
import {
  isMap,
  isSlice,
  isTrue,
  sortedKeys,
  typeName,
  type Parameter,
  type Value,
} from './values.ts';

/** A function that templates may call. Throws RangeError with the reason. */
export interface TemplateFunction {
  readonly params: readonly Parameter[];
  /** Takes any number of values more. */
  readonly variadic: boolean;
  call(args: readonly Value[]): Value;
}

/** Functions by name. `and` and `or` are not here: they do not evaluate all their arguments. */
export type FunctionTable = ReadonlyMap<string, TemplateFunction>;

type Call = (args: readonly Value[]) => Value;
const fn = (params: readonly Parameter[], call: Call): TemplateFunction => ({
  params,
  variadic: false,
  call,
});
const more = (params: readonly Parameter[], call: Call): TemplateFunction => ({
  params,
  variadic: true,
  call,
});
/** For parameters that were checked before the call. */
const text = (value: Value): string => (typeof value === 'string' ? value : print(value));
const int = (value: Value): number => Number(print(value));

/** Go's predefined functions and those that Docker adds. */
export const FUNCTIONS: FunctionTable = new Map<string, TemplateFunction>([
  ['not', fn(['any'], ([value]) => !isTrue(value))],
  ['len', fn(['any'], ([value]) => length(value))],
  ['index', more(['any'], ([item, ...at]) => at.reduce(index, item))],
  ['slice', more(['any'], ([item, ...at]) => slice(item, at))],
  ['print', more([], printAll)],
  ['println', more([], printLine)],
  ['printf', more(['string'], ([format, ...args]) => sprintf(text(format), args))],
  ['html', more([], (args) => html(joined(args)))],
  ['js', more([], (args) => js(joined(args)))],
  ['urlquery', more([], (args) => urlquery(joined(args)))],
  ['eq', more(['any'], equalAny)],
  ['ne', fn(['any', 'any'], (pair) => !equalAny(pair))],
  ['lt', fn(['any', 'any'], ([a, b]) => compare(a, b) < 0)],
  ['le', fn(['any', 'any'], ([a, b]) => compare(a, b) <= 0)],
  ['gt', fn(['any', 'any'], ([a, b]) => compare(a, b) > 0)],
  ['ge', fn(['any', 'any'], ([a, b]) => compare(a, b) >= 0)],
  ['call', more(['any'], ([callee]) => notCallable(callee))],
  ['json', fn(['any'], ([value]) => toJson(value))],
  ['split', fn(['string', 'string'], ([whole, by]) => split(text(whole), text(by)))],
  ['join', fn(['list', 'string'], ([list, by]) => join(list, text(by)))],
  ['title', fn(['string'], ([value]) => title(text(value)))],
  ['lower', fn(['string'], ([value]) => lower(text(value)))],
  ['upper', fn(['string'], ([value]) => upper(text(value)))],
  [
    'pad',
    fn(['string', 'int', 'int'], ([value, left, right]) =>
      padded(text(value), int(left), int(right)),
    ),
  ],
  ['truncate', fn(['string', 'int'], ([value, size]) => truncate(text(value), int(size)))],
]);

/** In the header of a table, functions that reshape a value leave the title alone. */
export const HEADER_FUNCTIONS: FunctionTable = new Map([
  ...FUNCTIONS,
  ...['json', 'split', 'join', 'title', 'lower', 'upper', 'truncate'].map(
    (name) => [name, more(['any'], ([value]) => value)] as const,
  ),
]);

/** The text of arguments for a function that escapes: a lone text as it is, others as `print` has them. */
function joined(args: readonly Value[]): string {
  return args.length === 1 && typeof args[0] === 'string'
    ? args[0]
    : printAll(args.map((arg) => (arg === undefined || arg === null ? '<no value>' : arg)));
}

function notCallable(value: Value): never {
  if (value === undefined || value === null) throw new RangeError('call of nil');
  throw new RangeError(`non-function of type ${typeName(value)}`);
}

/** At every letter where there is nothing to split by; letters of any size are whole. */
function split(whole: string, by: string): string[] {
  return by === '' ? Array.from(whole) : whole.split(by);
}

/** Beyond Docker's: elements that are no texts, and the values of maps, in the order of their texts. */
function join(list: Value, by: string): string {
  if (isSlice(list)) return list.map(print).join(by);
  if (!isMap(list)) return '';
  const texts = sortedKeys(list).map((key) => print(list.get(key)));
  return texts.sort().join(by);
}

/** Upper case behind everything but ASCII's letters, digits and `_`, and what is a letter elsewhere. */
function title(value: string): string {
  let before = ' ';
  return Array.from(value, (letter) => {
    const starts =
      before < '\x80' ? !/[A-Za-z0-9_]/.test(before) : /\s/.test(before) && before !== '\uFEFF';
    before = letter;
    return starts ? upper(letter) : letter;
  }).join('');
}

/** Letter by letter: what would become two letters stays. */
function upper(value: string): string {
  return Array.from(value, (letter) => {
    const capital = letter.toUpperCase();
    return Array.from(capital).length === 1 ? capital : letter;
  }).join('');
}

function lower(value: string): string {
  return Array.from(value, (letter) => Array.from(letter.toLowerCase())[0] ?? '').join('');
}

/** A guard against blanks that fill the memory. */
const WIDEST = 1_000_000;

function padded(value: string, left: number, right: number): string {
  if (value === '') return '';
  if (left < 0 || right < 0) throw new RangeError('strings: negative Repeat count');
  if (left > WIDEST || right > WIDEST) throw new RangeError('too much padding');
  return ' '.repeat(left) + value + ' '.repeat(right);
}

function truncate(value: string, size: number): string {
  if (size < 0) {
    throw new RangeError(`runtime error: slice bounds out of range [:${size}]`);
  }
  const bytes = Buffer.from(value);
  return bytes.length < size ? value : bytes.subarray(0, size).toString();
}
