import { ValueError } from '../errors.ts';
import { formatNumber, parseNumber } from './number.ts';
import { bool, NULL, number, object, string, tuple, type Value } from './value.ts';

const DEEPEST = 200;
const TOKEN =
  /[ \t\r\n]*(?:([{}[\],:])|("[^"\\\0-\x1f]*(?:\\.[^"\\\0-\x1f]*)*")|(-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)|(true|false|null))/y;

/** A value in JSON, as Go writes it: no blanks, and `<`, `>`, `&` escaped. */
export function encodeJson(value: Value): string {
  switch (value.kind) {
    case 'string':
      return goString(value.data);
    case 'number':
      return formatNumber(value.data);
    case 'bool':
      return `${value.data}`;
    case 'null':
      return 'null';
    case 'map':
    case 'object':
      return `{${[...value.entries].map(([key, item]) => `${goString(key)}:${encodeJson(item)}`).join(',')}}`;
    default:
      return `[${value.items.map(encodeJson).join(',')}]`;
  }
}

/** A string in JSON as Go's encoder writes it. */
export function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    (one) => `\\u${one.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** Reads JSON: arrays become tuples, objects objects, and numbers stay exact. Throws ValueError. */
export function decodeJson(text: string): Value {
  const state = { text, at: 0 };
  const value = read(state, 0);
  if (text.slice(state.at).trim() !== '')
    throw new ValueError('extra characters behind the JSON value');
  return value;
}

interface State {
  readonly text: string;
  at: number;
}

function token(state: State): string {
  TOKEN.lastIndex = state.at;
  const found = TOKEN.exec(state.text);
  if (found === null) throw new ValueError(`invalid JSON at offset ${state.at}`);
  state.at = TOKEN.lastIndex;
  return found[0].trimStart();
}

function read(state: State, depth: number, first = token(state)): Value {
  if (depth > DEEPEST) throw new ValueError(`JSON is nested more than ${DEEPEST} deep`);
  switch (first) {
    case '{':
      return readObject(state, depth);
    case '[':
      return readArray(state, depth);
    case 'true':
    case 'false':
      return bool(first === 'true');
    case 'null':
      return NULL;
  }
  if (first.startsWith('"')) return string(unquoted(first));
  const parsed = parseNumber(first);
  if (parsed === undefined) throw new ValueError(`invalid JSON at offset ${state.at}`);
  return number(parsed);
}

function readArray(state: State, depth: number): Value {
  const items: Value[] = [];
  let next = token(state);
  while (next !== ']') {
    items.push(read(state, depth + 1, next));
    const after = token(state);
    if (after === ']') break;
    if (after !== ',') throw new ValueError(`invalid JSON at offset ${state.at}`);
    next = token(state);
    if (next === ']') throw new ValueError(`invalid JSON at offset ${state.at}`);
  }
  return tuple(items);
}

function readObject(state: State, depth: number): Value {
  const entries: [string, Value][] = [];
  let next = token(state);
  while (next !== '}') {
    if (!next.startsWith('"') || token(state) !== ':') {
      throw new ValueError(`invalid JSON at offset ${state.at}`);
    }
    entries.push([unquoted(next), read(state, depth + 1)]);
    const after = token(state);
    if (after === '}') break;
    if (after !== ',') throw new ValueError(`invalid JSON at offset ${state.at}`);
    next = token(state);
  }
  return object(entries);
}

function unquoted(text: string): string {
  try {
    return String(JSON.parse(text));
  } catch {
    throw new ValueError('invalid escape in a JSON string');
  }
}
