import { ValueError } from '../errors.ts';
import type { PlainFunction } from '../eval/scope.ts';
import { divide, modulo, plus } from '../eval/operators.ts';
import {
  compare,
  floor,
  formatNumber,
  fraction,
  fromFloat,
  toFloat,
  toInteger,
  whole,
  type Num,
} from '../value/number.ts';
import {
  bool,
  list,
  number,
  NUMBER,
  primitiveText,
  sameValue,
  type Value,
} from '../value/value.ts';
import { argument, define, num, takes, truth } from './define.ts';

const MOST = 1024;

/** Arithmetic, comparison and logic. */
export const NUMBERS: Readonly<Record<string, PlainFunction>> = {
  absolute: one(({ n, d }) => ({ n: n < 0n ? -n : n, d })),
  add: two(plus),
  and: define([takes.bool('a'), takes.bool('b')], (args) => bool(truth(args, 0) && truth(args, 1))),
  ceil: one((value) => ({ n: -floor({ n: -value.n, d: value.d }), d: 1n })),
  divide: two(divide),
  equal: define([takes.nullable('a'), takes.nullable('b')], (args) =>
    bool(sameValue(argument(args, 0), argument(args, 1))),
  ),
  floor: one((value) => ({ n: floor(value), d: 1n })),
  greaterthan: test((order) => order > 0),
  greaterthanorequalto: test((order) => order >= 0),
  int: one(truncate),
  lessthan: test((order) => order < 0),
  lessthanorequalto: test((order) => order <= 0),
  log: define([takes.number('num'), takes.number('base')], (args) =>
    number(fromFloat(Math.log(toFloat(num(args, 0))) / Math.log(toFloat(num(args, 1))))),
  ),
  max: most((order) => order > 0),
  min: most((order) => order < 0),
  modulo: two(modulo),
  multiply: two((a, b) => fraction(a.n * b.n, a.d * b.d)),
  negate: one(({ n, d }) => ({ n: -n, d })),
  not: define([takes.bool('val')], (args) => bool(!truth(args, 0))),
  notequal: define([takes.nullable('a'), takes.nullable('b')], (args) =>
    bool(!sameValue(argument(args, 0), argument(args, 1))),
  ),
  or: define([takes.bool('a'), takes.bool('b')], (args) => bool(truth(args, 0) || truth(args, 1))),
  parseint: define([takes.any('number'), takes.number('base')], parseInteger),
  pow: define([takes.number('num'), takes.number('power')], (args) =>
    number(power(num(args, 0), num(args, 1))),
  ),
  range: define([], range, takes.number('params')),
  signum: one(({ n }) => whole(n < 0n ? -1 : n > 0n ? 1 : 0)),
  subtract: two((a, b) => plus(a, { n: -b.n, d: b.d })),
};

function one(run: (value: Num) => Num): PlainFunction {
  return define([takes.number('num')], (args) => number(run(num(args, 0))));
}

function two(run: (a: Num, b: Num) => Num): PlainFunction {
  return define([takes.number('a'), takes.number('b')], (args) =>
    number(run(num(args, 0), num(args, 1))),
  );
}

function test(run: (order: number) => boolean): PlainFunction {
  return define([takes.number('a'), takes.number('b')], (args) =>
    bool(run(compare(num(args, 0), num(args, 1)))),
  );
}

function most(isBetter: (order: number) => boolean): PlainFunction {
  return define(
    [],
    (args) => {
      if (args.length === 0) throw new ValueError('must pass at least one number');
      let best = num(args, 0);
      for (let index = 1; index < args.length; index += 1) {
        const next = num(args, index);
        if (isBetter(compare(next, best))) best = next;
      }
      return number(best);
    },
    takes.number('numbers'),
  );
}

/** Towards zero. */
export function truncate({ n, d }: Num): Num {
  return { n: n / d, d: 1n };
}

function power(base: Num, exponent: Num): Num {
  const times = toInteger(exponent);
  if (times === undefined || Math.abs(times) > 4096)
    return fromFloat(toFloat(base) ** toFloat(exponent));
  if (times < 0) return fraction(base.d ** BigInt(-times), base.n ** BigInt(-times));
  return fraction(base.n ** BigInt(times), base.d ** BigInt(times));
}

function parseInteger(args: readonly Value[]): Value {
  const typed = primitiveText(argument(args, 0)) ?? '';
  const base = toInteger(num(args, 1));
  if (base === undefined || base < 2 || base > 62)
    throw new ValueError('base must be a whole number between 2 and 62 inclusive');
  const digits = typed.replace(/^[+-]/, '');
  if (digits.length > 1000) throw new ValueError('the number is too long');
  let value = 0n;
  for (const digit of digits) value = value * BigInt(base) + BigInt(digitOf(digit, base, typed));
  if (digits === '') throw unparsable(typed, base);
  return number(typed.startsWith('-') ? -value : value);
}

/** Above base 36, capitals are digits of their own, behind the small letters. */
function digitOf(digit: string, base: number, typed: string): number {
  const folded = base <= 36 ? digit.toLowerCase() : digit;
  const value = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ'.indexOf(folded);
  if (value < 0 || value >= base) throw unparsable(typed, base);
  return value;
}

function unparsable(typed: string, base: number): ValueError {
  return new ValueError(`cannot parse ${JSON.stringify(typed)} as a base ${base} integer`);
}

/** `range(limit)`, `range(start, limit)`, `range(start, limit, step)`. */
function range(args: readonly Value[]): Value {
  if (args.length === 0 || args.length > 3)
    throw new ValueError('must have one, two, or three arguments');
  const start = args.length > 1 ? num(args, 0) : whole(0);
  const limit = num(args, args.length > 1 ? 1 : 0);
  const down = compare(limit, start) < 0;
  const step = args.length > 2 ? num(args, 2) : whole(down ? -1 : 1);
  if (step.n === 0n) throw new ValueError('step must not be zero');
  if (down && step.n > 0n)
    throw new ValueError('end must be greater than start when step is positive');
  if (!down && step.n < 0n && compare(limit, start) !== 0)
    throw new ValueError('end must be less than start when step is negative');
  const found: Value[] = [];
  for (
    let at = start;
    down ? compare(at, limit) > 0 : compare(at, limit) < 0;
    at = plus(at, step)
  ) {
    if (found.length >= MOST)
      throw new ValueError(
        `more than ${MOST} values were generated; either decrease the difference between start and end or use a larger step (${formatNumber(step)} now)`,
      );
    found.push(number(at));
  }
  return list(NUMBER, found);
}
