import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { convert, unify } from '../value/convert.ts';
import {
  bool,
  identity,
  list,
  sameValue,
  set,
  tuple,
  typeOf,
  type Type,
  type Value,
} from '../value/value.ts';
import { argument, define, items, itemsOf, SET, takes } from './define.ts';

type Combine = (a: readonly Value[], b: readonly Value[]) => readonly Value[];

/** Of the values that are in another set, or of those that are not. Both sets are of one type. */
const filtered =
  (wanted: boolean): Combine =>
  (a, b) => {
    const others = new Set(b.map(identity));
    return a.filter((one) => others.has(identity(one)) === wanted);
  };
const within = filtered(true);
const without = filtered(false);
const MOST = 100_000;

/** Sets. */
export const SETS: Readonly<Record<string, PlainFunction>> = {
  sethaselement: define([takes.of('set', SET), takes.any('elem')], (args) => {
    const one = argument(args, 0);
    const elem = one.kind === 'set' ? convert(argument(args, 1), one.of) : argument(args, 1);
    return bool(items(args, 0).some((other) => sameValue(other, elem)));
  }),
  setintersection: combine(within),
  setproduct: define([], product, takes.any('sets')),
  setsubtract: define([takes.of('a', SET), takes.of('b', SET)], (args) => combined(args, without)),
  setsymmetricdifference: combine((a, b) => [...without(a, b), ...without(b, a)]),
  setunion: combine((a, b) => [...a, ...b]),
};

function combine(run: Combine): PlainFunction {
  return define(
    [takes.of('first_set', SET)],
    (args) => combined(args, run),
    takes.of('other_sets', SET),
  );
}

function combined(args: readonly Value[], run: Combine): Value {
  const type = unify(args.map(typeOf));
  if (type?.kind !== 'set')
    throw new ValueError('given sets must all have compatible element types');
  const [first, ...rest] = args.map((one) => itemsOf(convert(one, type)));
  return set(
    type.of,
    rest.reduce((all, one) => run(all, one), first ?? []),
  );
}

/** Every way to take one of each; a set where all are sets. */
function product(args: readonly Value[]): Value {
  if (args.length < 2) throw new ValueError('at least two arguments are required');
  const size = args.reduce((all, one) => all * itemsOf(one).length, 1);
  if (size > MOST) throw new ValueError('the product is too large');
  let rows: readonly (readonly Value[])[] = [[]];
  for (const one of args) {
    const values = sameTyped(one);
    rows = rows.flatMap((row) => values.map((value) => [...row, value]));
  }
  const found = rows.map((row) => tuple(row));
  const of: Type = found[0] === undefined ? { kind: 'any' } : typeOf(found[0]);
  return args.every(({ kind }) => kind === 'set') ? set(of, found) : list(of, found);
}

function sameTyped(value: Value): readonly Value[] {
  const all = itemsOf(value);
  const type = unify(all.map(typeOf));
  if (type === undefined) throw new ValueError('all elements must be of the same type');
  return all.map((one) => convert(one, type));
}
