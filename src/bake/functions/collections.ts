import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { convert, unify } from '../value/convert.ts';
import { toInteger } from '../value/number.ts';
import {
  ANY,
  bool,
  identity,
  list,
  map,
  number,
  object,
  primitiveText,
  sameValue,
  STRING,
  string,
  tuple,
  typeOf,
  type Type,
  type Value,
} from '../value/value.ts';
import {
  argument,
  define,
  integer,
  items,
  itemsOf,
  LIST,
  takes,
  TEXTS,
  text,
  texts,
} from './define.ts';

/** Lists, tuples, maps and objects. */
export const COLLECTIONS: Readonly<Record<string, PlainFunction>> = {
  chunklist: define([takes.of('list', LIST), takes.number('size')], chunks),
  coalesce: define([], coalesce, takes.nullable('vals')),
  coalescelist: define([], coalesceList, takes.nullable('vals')),
  compact: define([takes.of('list', TEXTS)], (args) =>
    list(
      STRING,
      texts(args, 0)
        .filter((one) => one !== '')
        .map(string),
    ),
  ),
  concat: define([], concat, takes.any('seqs')),
  contains: define([takes.any('list'), takes.any('value')], (args) =>
    bool(items(args, 0).some((item) => sameValue(item, argument(args, 1)))),
  ),
  distinct: define([takes.of('list', LIST)], (args) =>
    like(argument(args, 0), distinct(items(args, 0))),
  ),
  element: define([takes.any('list'), takes.number('index')], element),
  flatten: define([takes.any('list')], (args) => tuple(flat(items(args, 0)))),
  hasindex: define([takes.any('collection'), takes.any('key')], (args) =>
    bool(at(argument(args, 0), argument(args, 1)) !== undefined),
  ),
  index: define([takes.any('collection'), takes.any('key')], (args) => {
    const found = at(argument(args, 0), argument(args, 1));
    if (found === undefined) throw new ValueError('invalid index');
    return found;
  }),
  indexof: define([takes.any('list'), takes.any('value')], indexOf),
  keys: define([takes.any('inputMap')], (args) => {
    const one = argument(args, 0);
    const names = [...entries(one).keys()].map(string);
    return one.kind === 'map' ? list(STRING, names) : tuple(names);
  }),
  length: define([takes.any('collection')], (args) => number(lengthOf(argument(args, 0)))),
  lookup: define([takes.any('inputMap'), takes.text('key'), takes.any('default')], lookup),
  merge: define([], merge, takes.nullable('maps')),
  reverselist: define([takes.any('list')], (args) =>
    like(argument(args, 0), items(args, 0).toReversed()),
  ),
  slice: define([takes.any('list'), takes.number('start_index'), takes.number('end_index')], slice),
  values: define([takes.any('mapping')], (args) => {
    const one = argument(args, 0);
    const found = [...entries(one).values()];
    return one.kind === 'map' ? list(one.of, found) : tuple(found);
  }),
  zipmap: define([takes.of('keys', TEXTS), takes.any('values')], zip),
};

/** A list of the same type, where it was one; a tuple otherwise. */
function like(one: Value, values: readonly Value[]): Value {
  return one.kind === 'list' || one.kind === 'set' ? list(one.of, values) : tuple(values);
}

function entries(value: Value): ReadonlyMap<string, Value> {
  if ('entries' in value) return value.entries;
  throw new ValueError('a map or an object is required');
}

/** What is at a key: a name, or the position in a list or tuple. */
function at(collection: Value, key: Value): Value | undefined {
  if ('entries' in collection) return collection.entries.get(primitiveText(key) ?? '');
  if (!('items' in collection) || collection.kind === 'set') {
    throw new ValueError('collection must be a list, a map or a tuple');
  }
  const position = key.kind === 'number' ? toInteger(key.data) : undefined;
  return position === undefined ? undefined : collection.items[position];
}

function lengthOf(value: Value): number {
  if ('items' in value) return value.items.length;
  if (value.kind === 'map' || value.kind === 'object') return value.entries.size;
  throw new ValueError('collection must be a list, a map or a tuple');
}

function common(values: readonly Value[], what: string): Type {
  const type = unify(values.map(typeOf));
  if (type === undefined) throw new ValueError(`all ${what} must have the same type`);
  return type;
}

function chunks(args: readonly Value[]): Value {
  const [all, size] = [items(args, 0), integer(args, 1)];
  if (size < 0) throw new ValueError('the size argument must be positive');
  const type = typeOf(argument(args, 0));
  const of = type.kind === 'list' ? type.of : ANY;
  if (size === 0) return list(type, [list(of, all)]);
  const found: Value[] = [];
  for (let start = 0; start < all.length; start += size)
    found.push(list(of, all.slice(start, start + size)));
  return list(type, found);
}

function coalesce(args: readonly Value[]): Value {
  const type = common(args, 'arguments');
  const found = args.find(({ kind }) => kind !== 'null');
  if (found === undefined) throw new ValueError('no non-null arguments');
  return convert(found, type);
}

function coalesceList(args: readonly Value[]): Value {
  const found = args.find((one) => one.kind !== 'null' && lengthOf(one) > 0);
  if (found === undefined) throw new ValueError('no non-null arguments');
  return found;
}

function concat(args: readonly Value[]): Value {
  if (args.length === 0) throw new ValueError('at least one argument is required');
  const all = args.flatMap(itemsOf);
  if (args.every(({ kind }) => kind === 'list')) {
    const type = unify(args.map(typeOf));
    if (type?.kind === 'list')
      return list(
        type.of,
        all.map((item) => convert(item, type.of)),
      );
  }
  return tuple(all);
}

/** Each value once, at the place of its first. */
function distinct(values: readonly Value[]): Value[] {
  const found = new Map<string, Value>();
  for (const value of values) {
    const key = identity(value);
    if (!found.has(key)) found.set(key, value);
  }
  return [...found.values()];
}

function element(args: readonly Value[]): Value {
  const [all, index] = [items(args, 0), integer(args, 1)];
  if (all.length === 0) throw new ValueError('cannot use element function with an empty list');
  const found = all[((index % all.length) + all.length) % all.length];
  if (found === undefined || index < 0)
    throw new ValueError('cannot use element function with a negative index');
  return found;
}

function flat(values: readonly Value[]): Value[] {
  return values.flatMap((value) => ('items' in value ? flat(value.items) : [value]));
}

function indexOf(args: readonly Value[]): Value {
  const one = argument(args, 0);
  if (one.kind !== 'list' && one.kind !== 'tuple')
    throw new ValueError('argument must be a list or tuple');
  if (one.items.length === 0) throw new ValueError('cannot search an empty list');
  const found = one.items.findIndex((item) => sameValue(item, argument(args, 1)));
  if (found < 0) throw new ValueError('item not found');
  return number(found);
}

function lookup(args: readonly Value[]): Value {
  const one = argument(args, 0);
  const found = entries(one).get(text(args, 1));
  if (found !== undefined) return found;
  return one.kind === 'map' ? convert(argument(args, 2), one.of) : argument(args, 2);
}

function merge(args: readonly Value[]): Value {
  const given = args.filter(({ kind }) => kind !== 'null');
  const merged = given.flatMap((one) => [...entries(one)]);
  const type = given.every(({ kind }) => kind === 'map') ? unify(given.map(typeOf)) : undefined;
  return type?.kind === 'map' ? map(type.of, merged) : object(merged);
}

function slice(args: readonly Value[]): Value {
  const all = items(args, 0);
  const [start, end] = [integer(args, 1), integer(args, 2)];
  if (start < 0) throw new ValueError('start index must be greater than or equal to zero');
  if (start > all.length)
    throw new ValueError('start index must not be greater than the length of the list');
  if (end > all.length)
    throw new ValueError('end index must not be greater than the length of the list');
  if (start > end) throw new ValueError('start index must not be greater than end index');
  if (argument(args, 0).kind === 'set')
    throw new ValueError('cannot slice a set, because its elements do not have indices');
  return like(argument(args, 0), all.slice(start, end));
}

function zip(args: readonly Value[]): Value {
  const [names, values] = [texts(args, 0), items(args, 1)];
  if (names.length !== values.length) {
    throw new ValueError(
      `number of keys (${names.length}) does not match number of values (${values.length})`,
    );
  }
  const pairs = names.map((name, index): [string, Value] => [name, values[index] ?? string('')]);
  const one = argument(args, 1);
  return one.kind === 'list' || one.kind === 'set' ? map(one.of, pairs) : object(pairs);
}
