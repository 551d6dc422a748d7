import { ValueError } from '../errors.ts';
import { formatNumber, whole, type Num } from './number.ts';

/** A type of the configuration language. `any` is that of a bare `null`. */
export type Type =
  | { readonly kind: 'string' | 'number' | 'bool' | 'any' }
  | { readonly kind: 'list' | 'set' | 'map'; readonly of: Type }
  | { readonly kind: 'tuple'; readonly items: readonly Type[] }
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, Type> };

/** A value. Keys of maps and objects are in the order of their characters. */
export type Value =
  | { readonly kind: 'string'; readonly data: string }
  | { readonly kind: 'number'; readonly data: Num }
  | { readonly kind: 'bool'; readonly data: boolean }
  | { readonly kind: 'null'; readonly type: Type }
  | Sequence
  | Mapping;

/** A value with elements in order. */
export type Sequence = Weighed & { readonly items: readonly Value[] } & (
    | { readonly kind: 'list' | 'set'; readonly of: Type }
    | { readonly kind: 'tuple' }
  );

/** A value with named elements. */
export type Mapping = Weighed & { readonly entries: ReadonlyMap<string, Value> } & (
    | { readonly kind: 'map'; readonly of: Type }
    | { readonly kind: 'object' }
  );

interface Weighed {
  /** How much there is to walk through, itself included; bounded. */
  readonly weight: number;
  /** How deep it is nested; bounded. */
  readonly depth: number;
}

/** What one value may weigh: a hostile file cannot make larger ones by doubling. */
const HEAVIEST = 1_000_000;
const DEEPEST = 300;
/** Characters of one string. */
const LONGEST = 2_000_000;

/** Any text. */
export const STRING: Type = { kind: 'string' };
/** Any number, whole or not. */
export const NUMBER: Type = { kind: 'number' };
/** True and false. */
export const BOOL: Type = { kind: 'bool' };
/** Not known, or of no importance. */
export const ANY: Type = { kind: 'any' };
/** No value, of any type. */
export const NULL: Value = { kind: 'null', type: ANY };

/** A string. Throws ValueError when it is too long. */
export function string(data: string): Value {
  checkLength(data.length);
  return { kind: 'string', data };
}

/** Throws ValueError when a text of so many characters would be too long. */
export function checkLength(characters: number): void {
  if (characters > LONGEST) throw new ValueError('the text is too long');
}

/** A number. */
export function number(data: Num | number | bigint): Value {
  return { kind: 'number', data: typeof data === 'object' ? data : whole(data) };
}

/** A truth value. */
export function bool(data: boolean): Value {
  return { kind: 'bool', data };
}

/** A null of a type. */
export function nullOf(type: Type): Value {
  return { kind: 'null', type };
}

/** A tuple. */
export function tuple(items: readonly Value[]): Sequence {
  return { kind: 'tuple', items, ...measure(items) };
}

/** A list of elements of one type. */
export function list(of: Type, items: readonly Value[]): Sequence {
  return { kind: 'list', of, items, ...measure(items) };
}

/** A set: each element once, in the order that sets are walked in. */
export function set(of: Type, items: readonly Value[]): Sequence {
  const size = measure(items);
  const found = new Map<string, Value>();
  for (const item of items) {
    const key = identity(item);
    if (!found.has(key)) found.set(key, item);
  }
  const sorted = [...found].sort(([a, x], [b, y]) => orderOf(x, y) || compareText(a, b));
  return { kind: 'set', of, items: sorted.map(([, item]) => item), ...size };
}

/** A map of elements of one type. */
export function map(of: Type, entries: Iterable<readonly [string, Value]>): Mapping {
  const sorted = sortedMap(entries);
  return { kind: 'map', of, entries: sorted, ...measure(sorted.values()) };
}

/** An object. */
export function object(entries: Iterable<readonly [string, Value]>): Mapping {
  const sorted = sortedMap(entries);
  return { kind: 'object', entries: sorted, ...measure(sorted.values()) };
}

/** What a value weighs: one, its elements, and long text by its length. */
export function weigh(value: Value): number {
  if ('weight' in value) return value.weight;
  return value.kind === 'string' ? 1 + (value.data.length >> 4) : 1;
}

/** The type of a value. */
export function typeOf(value: Value): Type {
  switch (value.kind) {
    case 'string':
    case 'number':
    case 'bool':
      return { kind: value.kind };
    case 'null':
      return value.type;
    case 'list':
    case 'set':
    case 'map':
      return { kind: value.kind, of: value.of };
    case 'tuple':
      return { kind: 'tuple', items: value.items.map(typeOf) };
    case 'object':
      return {
        kind: 'object',
        fields: new Map([...value.entries].map(([key, item]) => [key, typeOf(item)])),
      };
  }
}

/** Whether two types are the same. */
export function sameType(a: Type, b: Type): boolean {
  if (a === b) return true;
  switch (a.kind) {
    case 'list':
    case 'set':
    case 'map':
      return a.kind === b.kind && sameType(a.of, b.of);
    case 'tuple':
      return (
        b.kind === 'tuple' &&
        a.items.length === b.items.length &&
        a.items.every((item, index) => sameType(item, b.items[index] ?? ANY))
      );
    case 'object':
      return (
        b.kind === 'object' &&
        a.fields.size === b.fields.size &&
        [...a.fields].every(([key, type]) => {
          const other = b.fields.get(key);
          return other !== undefined && sameType(type, other);
        })
      );
    default:
      return a.kind === b.kind;
  }
}

/** Whether two values are the same, types included. */
export function sameValue(a: Value, b: Value): boolean {
  if (a.kind === 'null' || b.kind === 'null') return a.kind === b.kind;
  return identity(a) === identity(b) && sameType(typeOf(a), typeOf(b));
}

/** How a type is called in messages: `list of string`. */
export function typeName(type: Type): string {
  switch (type.kind) {
    case 'list':
    case 'set':
    case 'map':
      return `${type.kind} of ${typeName(type.of)}`;
    case 'any':
      return 'dynamic';
    default:
      return type.kind;
  }
}

/** By code units of UTF-8, as Go compares strings. */
export function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return /^[\0-\ud7ff]*$/.test(a + b)
    ? a < b
      ? -1
      : 1
    : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

/** A text that only equal values have. */
export function identity(value: Value): string {
  switch (value.kind) {
    case 'string':
      return JSON.stringify(value.data);
    case 'number':
      return `${value.data.n}/${value.data.d}`;
    case 'bool':
      return `${value.data}`;
    case 'null':
      return 'null';
    case 'map':
    case 'object':
      return `{${[...value.entries].map(([key, item]) => `${JSON.stringify(key)}:${identity(item)}`).join(',')}}`;
    default:
      return `[${value.items.map(identity).join(',')}]`;
  }
}

/** Sets of strings, numbers and truth values have an order; others that of their hashes. */
function orderOf(a: Value, b: Value): number {
  if (a.kind === 'string' && b.kind === 'string') return compareText(a.data, b.data);
  if (a.kind === 'bool' && b.kind === 'bool') return Number(a.data) - Number(b.data);
  if (a.kind !== 'number' || b.kind !== 'number') return 0;
  const [left, right] = [a.data.n * b.data.d, b.data.n * a.data.d];
  return left < right ? -1 : left > right ? 1 : 0;
}

function sortedMap(entries: Iterable<readonly [string, Value]>): Map<string, Value> {
  return new Map([...new Map(entries)].sort(([a], [b]) => compareText(a, b)));
}

function measure(items: Iterable<Value>): Weighed {
  let [weight, depth] = [1, 1];
  for (const item of items) {
    weight += weigh(item);
    if ('depth' in item) depth = Math.max(depth, item.depth + 1);
  }
  if (weight > HEAVIEST) throw new ValueError('the value is too large');
  if (depth > DEEPEST) throw new ValueError('the value is nested too deep');
  return { weight, depth };
}

/** How a string, number or truth value is written in text; undefined for other values. */
export function primitiveText(value: Value): string | undefined {
  switch (value.kind) {
    case 'string':
      return value.data;
    case 'number':
      return formatNumber(value.data);
    case 'bool':
      return `${value.data}`;
    default:
      return undefined;
  }
}
