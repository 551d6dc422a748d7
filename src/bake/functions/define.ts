import { ValueError } from '../errors.ts';
import type { Parameter, PlainFunction } from '../eval/scope.ts';
import { toInteger, type Num } from '../value/number.ts';
import { ANY, BOOL, NUMBER, STRING, type Type, type Value } from '../value/value.ts';

/** A list of strings. */
export const TEXTS: Type = { kind: 'list', of: STRING };
/** A list of anything. */
export const LIST: Type = { kind: 'list', of: ANY };
/** A set of anything. */
export const SET: Type = { kind: 'set', of: ANY };

/** Parameters by their types. */
export const takes = {
  any: (name: string): Parameter => ({ name, type: ANY }),
  nullable: (name: string): Parameter => ({ name, type: ANY, nullable: true }),
  text: (name: string): Parameter => ({ name, type: STRING }),
  number: (name: string): Parameter => ({ name, type: NUMBER }),
  bool: (name: string): Parameter => ({ name, type: BOOL }),
  of: (name: string, type: Type): Parameter => ({ name, type }),
};

/** A function with a fixed number of parameters, or with more of the last kind. */
export function define(
  parameters: readonly Parameter[],
  run: PlainFunction['run'],
  rest?: Parameter,
): PlainFunction {
  return { parameters, run, ...(rest !== undefined && { rest }) };
}

/** The argument at a position; there is one, the call was checked. */
export function argument(args: readonly Value[], index: number): Value {
  const value = args[index];
  if (value === undefined) throw new Error(`argument ${index} is missing`);
  return value;
}

/** The text at a position. */
export function text(args: readonly Value[], index: number): string {
  const value = argument(args, index);
  if (value.kind !== 'string') throw new ValueError('string required');
  return value.data;
}

/** The number at a position. */
export function num(args: readonly Value[], index: number): Num {
  const value = argument(args, index);
  if (value.kind !== 'number') throw new ValueError('number required');
  return value.data;
}

/** The whole number at a position. Throws ValueError. */
export function integer(args: readonly Value[], index: number): number {
  const found = toInteger(num(args, index));
  if (found === undefined) throw new ValueError('a whole number is required');
  return found;
}

/** The truth value at a position. */
export function truth(args: readonly Value[], index: number): boolean {
  const value = argument(args, index);
  return value.kind === 'bool' && value.data;
}

/** The elements of a list, set or tuple. Throws ValueError. */
export function items(args: readonly Value[], index: number): readonly Value[] {
  return itemsOf(argument(args, index));
}

/** The elements of a list, set or tuple. Throws ValueError. */
export function itemsOf(value: Value): readonly Value[] {
  if ('items' in value) return value.items;
  throw new ValueError('a list, set or tuple is required');
}

/** The strings in a list of strings; null is none. */
export function texts(args: readonly Value[], index: number): string[] {
  return items(args, index).flatMap((item) => (item.kind === 'string' ? [item.data] : []));
}
