import { BakeFileError } from '../errors.ts';
import type { Expression, ForExpression, ObjectItem } from './ast.ts';
import {
  blank,
  blankLines,
  fail,
  identifier,
  keyword,
  next,
  sees,
  since,
  takes,
  within,
  type Cursor,
} from './cursor.ts';
import { string } from '../value/value.ts';

/** Parses `[…]`: a tuple or a `for`. */
export function parseBrackets(cursor: Cursor): Expression {
  const start = cursor.at;
  cursor.at += 1;
  return within(cursor, true, () => {
    blank(cursor);
    if (seesFor(cursor)) return parseFor(cursor, start, ']');
    const items: Expression[] = [];
    for (; !sees(cursor, ']'); blank(cursor)) {
      items.push(cursor.expression(cursor));
      blank(cursor);
      if (takes(cursor, ',')) continue;
      if (sees(cursor, ']')) break;
      throw next(cursor) === ''
        ? fail(
            cursor,
            'Unterminated tuple constructor expression; There is no corresponding closing bracket before the end of the file.',
          )
        : fail(
            cursor,
            'Missing item separator; Expected a comma to mark the beginning of the next item.',
          );
    }
    cursor.at += 1;
    return { kind: 'tuple', items, range: since(cursor, start) };
  });
}

/** Parses `{…}`: an object or a `for`. */
export function parseBraces(cursor: Cursor): Expression {
  const start = cursor.at;
  cursor.at += 1;
  const isFor = within(cursor, true, () => {
    blank(cursor);
    return seesFor(cursor);
  });
  if (isFor) return within(cursor, true, () => parseFor(cursor, start, '}'));
  return within(cursor, false, () => {
    const items: ObjectItem[] = [];
    for (blankLines(cursor); !sees(cursor, '}'); blankLines(cursor)) {
      items.push(parseItem(cursor));
      const end = cursor.at;
      blank(cursor);
      if (takes(cursor, ',') || sees(cursor, '}')) continue;
      if (sees(cursor, '\n') || cursor.source.text.slice(end, cursor.at).includes('\n')) continue;
      throw next(cursor) === ''
        ? fail(
            cursor,
            'Unterminated object constructor expression; There is no corresponding closing brace before the end of the file.',
          )
        : fail(
            cursor,
            'Missing attribute separator; Expected a newline or comma to mark the beginning of the next attribute.',
          );
    }
    cursor.at += 1;
    return { kind: 'object', items, range: since(cursor, start) };
  });
}

function parseItem(cursor: Cursor): ObjectItem {
  const key = cursor.expression(cursor);
  blank(cursor);
  if (!takes(cursor, '=') && !takes(cursor, ':')) {
    throw fail(
      cursor,
      'Missing attribute value; Expected an attribute value, introduced by an equals sign ("=").',
    );
  }
  if (key.kind === 'attribute' || key.kind === 'index') {
    throw new BakeFileError(
      'Ambiguous attribute key; If this expression is intended to be a reference, wrap it in parentheses. If it is instead intended as a literal name containing periods, wrap it in quotes.',
      key.range,
    );
  }
  return { key: wordAsText(key), value: cursor.expression(cursor) };
}

function seesFor(cursor: Cursor): boolean {
  const { at } = cursor;
  if (!keyword(cursor, 'for')) return false;
  blank(cursor);
  const isFor = identifier(cursor) !== undefined;
  cursor.at = at;
  return isFor;
}

/** The head of a `for`, behind the word itself. */
export function parseForHead(cursor: Cursor): Pick<ForExpression, 'keyName' | 'valueName' | 'of'> {
  blank(cursor);
  const first = nameOf(cursor);
  blank(cursor);
  const second = takes(cursor, ',') ? (blank(cursor), nameOf(cursor)) : undefined;
  blank(cursor);
  if (!keyword(cursor, 'in')) {
    throw fail(
      cursor,
      "Invalid 'for' expression; For expression requires the 'in' keyword after its name declarations.",
    );
  }
  const of = cursor.expression(cursor);
  return { keyName: second === undefined ? undefined : first, valueName: second ?? first, of };
}

function nameOf(cursor: Cursor): string {
  const name = identifier(cursor);
  if (name !== undefined) return name;
  throw fail(
    cursor,
    "Invalid 'for' expression; For expression requires variable name after 'for'.",
  );
}

function parseFor(cursor: Cursor, start: number, close: ']' | '}'): ForExpression {
  keyword(cursor, 'for');
  const head = parseForHead(cursor);
  blank(cursor);
  if (!takes(cursor, ':')) {
    throw fail(
      cursor,
      "Invalid 'for' expression; For expression requires a colon after the collection expression.",
    );
  }
  const first = cursor.expression(cursor);
  blank(cursor);
  let second: Expression | undefined;
  if (takes(cursor, '=>')) {
    if (close === ']') {
      throw fail(
        cursor,
        "Invalid 'for' expression; Key expression is not valid when building a tuple.",
      );
    }
    second = cursor.expression(cursor);
    blank(cursor);
  } else if (close === '}') {
    throw fail(
      cursor,
      "Invalid 'for' expression; Key expression is required when building an object.",
    );
  }
  const group = close === '}' && takes(cursor, '...');
  blank(cursor);
  const test = keyword(cursor, 'if') ? cursor.expression(cursor) : undefined;
  blank(cursor);
  if (!takes(cursor, close)) {
    throw fail(
      cursor,
      `Invalid 'for' expression; Extra characters after the end of the 'for' expression.`,
    );
  }
  const [key, value] = second === undefined ? [undefined, first] : [first, second];
  return { kind: 'for', ...head, key, value, test, group, range: since(cursor, start) };
}

/** A bare word as text, for keys of objects. */
function wordAsText(expression: Expression): Expression {
  if (expression.kind === 'variable') {
    return { kind: 'literal', value: string(expression.name), range: expression.range };
  }
  if (expression.kind === 'literal' && expression.value.kind !== 'string') {
    const { source, start, end } = expression.range;
    return {
      kind: 'literal',
      value: string(source.text.slice(start, end)),
      range: expression.range,
    };
  }
  return expression;
}
