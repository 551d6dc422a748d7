import { parseNumber } from '../value/number.ts';
import { bool, NULL, number } from '../value/value.ts';
import { OPERATORS, type Expression, type Operator } from './ast.ts';
import { parseBraces, parseBrackets } from './collections.ts';
import {
  blank,
  fail,
  identifier,
  next,
  sees,
  since,
  takes,
  within,
  type Cursor,
} from './cursor.ts';
import { across } from './source.ts';
import { parseHeredoc, parseQuoted } from './template.ts';

const DIGITS = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const LEGACY_INDEX = /\d+/y;

/** Parses an expression; blanks before it are passed. Throws BakeFileError. */
export function parseExpression(cursor: Cursor): Expression {
  return within(cursor, cursor.multiline, () => {
    const test = parseBinary(cursor, 0);
    blank(cursor);
    if (!takes(cursor, '?')) return test;
    const yes = parseExpression(cursor);
    blank(cursor);
    if (!takes(cursor, ':')) {
      throw fail(cursor, 'Missing false expression in conditional; It is written TEST ? A : B');
    }
    const no = parseExpression(cursor);
    return { kind: 'conditional', test, yes, no, range: across(test.range, no.range) };
  });
}

function parseBinary(cursor: Cursor, level: number): Expression {
  const operators = OPERATORS[level];
  if (operators === undefined) return parseUnary(cursor);
  let left = parseBinary(cursor, level + 1);
  for (;;) {
    blank(cursor);
    const operator: Operator | undefined = operators.find((one) => seesOperator(cursor, one));
    if (operator === undefined) return left;
    cursor.at += operator.length;
    const right = parseBinary(cursor, level + 1);
    left = { kind: 'binary', operator, left, right, range: across(left.range, right.range) };
  }
}

function seesOperator(cursor: Cursor, operator: Operator): boolean {
  if (!sees(cursor, operator)) return false;
  const after = cursor.source.text[cursor.at + operator.length];
  return !(operator === '>' && after === '=') && !(operator === '<' && after === '=');
}

function parseUnary(cursor: Cursor): Expression {
  blank(cursor);
  const start = cursor.at;
  const operator = next(cursor);
  if (operator !== '-' && operator !== '!') return parseTerm(cursor);
  cursor.at += 1;
  const of = within(cursor, cursor.multiline, () => parseUnary(cursor));
  return { kind: 'unary', operator, of, range: since(cursor, start) };
}

function parseTerm(cursor: Cursor): Expression {
  return parseTraversals(cursor, parsePrimary(cursor), true);
}

function parsePrimary(cursor: Cursor): Expression {
  const start = cursor.at;
  switch (next(cursor)) {
    case '"':
      return parseQuoted(cursor);
    case '[':
      return parseBrackets(cursor);
    case '{':
      return parseBraces(cursor);
    case '(':
      return parseParentheses(cursor);
    case '<':
      if (sees(cursor, '<<')) return parseHeredoc(cursor);
      break;
  }
  DIGITS.lastIndex = cursor.at;
  const [digits] = DIGITS.exec(cursor.source.text) ?? [];
  if (digits !== undefined) return numberOf(cursor, digits);
  const name = identifier(cursor);
  if (name === undefined) throw unexpected(cursor);
  return parseName(cursor, name, start);
}

function numberOf(cursor: Cursor, digits: string): Expression {
  const start = cursor.at;
  const value = parseNumber(digits);
  if (value === undefined) throw fail(cursor, 'Invalid number literal', digits.length);
  cursor.at += digits.length;
  return { kind: 'literal', value: number(value), range: since(cursor, start) };
}

function unexpected(cursor: Cursor): Error {
  const character = next(cursor);
  if (character === "'") {
    return fail(
      cursor,
      'Invalid character; Single quotes are not valid. Use double quotes (") to enclose strings.',
    );
  }
  if (character === '')
    return fail(cursor, 'Missing expression; The file ends where a value is expected');
  return fail(
    cursor,
    'Invalid expression; Expected the start of an expression, but found an invalid expression token.',
  );
}

function parseParentheses(cursor: Cursor): Expression {
  const start = cursor.at;
  cursor.at += 1;
  const of = within(cursor, true, () => {
    const inner = parseExpression(cursor);
    blank(cursor);
    return inner;
  });
  if (!takes(cursor, ')')) {
    throw fail(
      cursor,
      'Unbalanced parentheses; Expected a closing parenthesis to terminate the expression.',
    );
  }
  return { kind: 'parentheses', of, range: since(cursor, start) };
}

function parseName(cursor: Cursor, name: string, start: number): Expression {
  let full = name;
  while (takes(cursor, '::')) full += `::${identifier(cursor) ?? ''}`;
  const nameRange = since(cursor, start);
  const end = cursor.at;
  blank(cursor);
  if (takes(cursor, '(')) return parseCall(cursor, full, start, nameRange);
  cursor.at = end;
  switch (full) {
    case 'true':
    case 'false':
      return { kind: 'literal', value: bool(full === 'true'), range: nameRange };
    case 'null':
      return { kind: 'literal', value: NULL, range: nameRange };
    default:
      return { kind: 'variable', name: full, range: nameRange };
  }
}

function parseCall(
  cursor: Cursor,
  name: string,
  start: number,
  nameRange: Expression['range'],
): Expression {
  const args: Expression[] = [];
  let spread = false;
  within(cursor, true, () => {
    for (blank(cursor); !sees(cursor, ')'); blank(cursor)) {
      args.push(parseExpression(cursor));
      blank(cursor);
      spread = takes(cursor, '...');
      blank(cursor);
      if (sees(cursor, ')')) break;
      if (spread) {
        throw fail(
          cursor,
          'Missing closing parenthesis; An expanded function argument (with ...) must be immediately followed by closing parentheses.',
        );
      }
      if (takes(cursor, ',')) continue;
      throw fail(
        cursor,
        'Missing argument separator; A comma is required to separate each function argument from the next.',
      );
    }
  });
  cursor.at += 1;
  return { kind: 'call', name, nameRange, args, spread, range: since(cursor, start) };
}

/** What follows a term: `.name`, `[key]`, `.0`, `.*`, `[*]`. */
function parseTraversals(cursor: Cursor, term: Expression, indexes: boolean): Expression {
  let of = term;
  for (;;) {
    const { start } = of.range;
    const end = cursor.at;
    blank(cursor);
    if (sees(cursor, '.') && !sees(cursor, '...')) of = parseDot(cursor, of, start);
    else if (indexes && sees(cursor, '[')) of = parseIndex(cursor, of, start);
    else {
      cursor.at = end;
      return of;
    }
  }
}

function parseDot(cursor: Cursor, of: Expression, start: number): Expression {
  cursor.at += 1;
  blank(cursor);
  if (takes(cursor, '*')) return splat(cursor, of, start, false);
  LEGACY_INDEX.lastIndex = cursor.at;
  const [digits] = LEGACY_INDEX.exec(cursor.source.text) ?? [];
  if (digits !== undefined) {
    const key = numberOf(cursor, digits);
    return { kind: 'index', of, key, range: since(cursor, start) };
  }
  const name = identifier(cursor);
  if (name === undefined) {
    throw fail(cursor, 'Invalid attribute name; An attribute name is required after a dot.');
  }
  return { kind: 'attribute', of, name, range: since(cursor, start) };
}

function parseIndex(cursor: Cursor, of: Expression, start: number): Expression {
  cursor.at += 1;
  const key = within(cursor, true, () => {
    blank(cursor);
    if (takes(cursor, '*')) {
      blank(cursor);
      return undefined;
    }
    const inner = parseExpression(cursor);
    blank(cursor);
    return inner;
  });
  if (!takes(cursor, ']')) {
    throw fail(
      cursor,
      'Missing close bracket on index; The index operator must end with a closing bracket ("]").',
    );
  }
  if (key === undefined) return splat(cursor, of, start, true);
  return { kind: 'index', of, key, range: since(cursor, start) };
}

function splat(cursor: Cursor, of: Expression, start: number, indexes: boolean): Expression {
  const item: Expression = {
    kind: 'item',
    range: { source: cursor.source, start, end: cursor.at },
  };
  const each = within(cursor, cursor.multiline, () => parseTraversals(cursor, item, indexes));
  return { kind: 'splat', of, each, range: since(cursor, start) };
}
