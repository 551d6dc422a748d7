import { BakeFileError, ValueError } from '../errors.ts';
import type { Expression } from '../hcl/ast.ts';
import type { Range } from '../hcl/source.ts';
import { convert } from '../value/convert.ts';
import { compare, floor, fraction, type Num } from '../value/number.ts';
import { bool, number, sameValue, typeName, type Value } from '../value/value.ts';
import { at } from './at.ts';

type Binary = Extract<Expression, { kind: 'binary' }>;

/** A value with an operator before it. */
export function unary(
  { operator, of }: Extract<Expression, { kind: 'unary' }>,
  value: Value,
): Value {
  if (operator === '!') return bool(!truth(value, 'unary', of.range));
  const { n, d } = digits(value, 'unary', of.range);
  return number({ n: -n, d });
}

/** Two values with an operator between them. */
export function binary(expression: Binary, left: Value, right: Value): Value {
  const { operator } = expression;
  switch (operator) {
    case '==':
      return bool(sameValue(left, right));
    case '!=':
      return bool(!sameValue(left, right));
    case '||':
    case '&&': {
      const [a, b] = [
        truth(left, 'left', expression.left.range),
        truth(right, 'right', expression.right.range),
      ];
      return bool(operator === '||' ? a || b : a && b);
    }
    default: {
      const a = digits(left, 'left', expression.left.range);
      const b = digits(right, 'right', expression.right.range);
      return at(expression.range, () => calculate(operator, a, b));
    }
  }
}

function calculate(
  operator: Exclude<Binary['operator'], '==' | '!=' | '||' | '&&'>,
  a: Num,
  b: Num,
): Value {
  switch (operator) {
    case '+':
      return number(plus(a, b));
    case '-':
      return number(plus(a, { n: -b.n, d: b.d }));
    case '*':
      return number(fraction(a.n * b.n, a.d * b.d));
    case '/':
      return number(divide(a, b));
    case '%':
      return number(modulo(a, b));
    case '>':
      return bool(compare(a, b) > 0);
    case '<':
      return bool(compare(a, b) < 0);
    case '>=':
      return bool(compare(a, b) >= 0);
    case '<=':
      return bool(compare(a, b) <= 0);
  }
}

/** a + b. */
export function plus(a: Num, b: Num): Num {
  return fraction(a.n * b.d + b.n * a.d, a.d * b.d);
}

/** a / b. Throws ValueError for a division by zero. */
export function divide(a: Num, b: Num): Num {
  if (b.n === 0n) throw new ValueError('Division by zero; Cannot divide by zero.');
  return fraction(a.n * b.d, a.d * b.n);
}

/** What is left of a after b went in as often as it does, with the sign of a. */
export function modulo(a: Num, b: Num): Num {
  if (b.n === 0n) throw new ValueError('Division by zero; Cannot divide by zero.');
  const quotient = divide(a, b);
  const times = quotient.n < 0n ? -floor({ n: -quotient.n, d: quotient.d }) : floor(quotient);
  return plus(a, { n: -b.n * times, d: b.d });
}

function digits(value: Value, side: string, range: Range): Num {
  const converted = operand(value, side, range, 'number', 'a number');
  return converted.kind === 'number' ? converted.data : { n: 0n, d: 1n };
}

function truth(value: Value, side: string, range: Range): boolean {
  const converted = operand(value, side, range, 'bool', 'a bool');
  return converted.kind === 'bool' && converted.data;
}

function operand(
  value: Value,
  side: string,
  range: Range,
  kind: 'number' | 'bool',
  what: string,
): Value {
  const reason = (why: string): BakeFileError =>
    new BakeFileError(`Invalid operand; Unsuitable value for ${side} operand: ${why}.`, range);
  if (value.kind === 'null') throw reason('argument must not be null');
  try {
    return convert(value, { kind });
  } catch (error) {
    if (!(error instanceof ValueError)) throw error;
    const typed =
      'items' in value || 'entries' in value
        ? ` required, not ${typeName({ kind: 'any' }) && value.kind}`
        : '';
    throw reason(typed === '' ? error.message : `${what}${typed}`);
  }
}
