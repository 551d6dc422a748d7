import { parseNumber } from '../value/number.ts';
import { bool, NULL, number } from '../value/value.ts';
import type { Attribute, Block, Body, Expression } from './ast.ts';
import { cursorAt, fail, next, since, takes, within, type Cursor } from './cursor.ts';
import { parseExpression } from './expression.ts';
import { sourceWithin, type Range, type Source } from './source.ts';
import { parseTemplate } from './template.ts';

/** A value as it is written. */
type Json = { readonly range: Range } & (
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'literal'; readonly expression: Expression }
  | { readonly kind: 'array'; readonly items: readonly Json[] }
  | { readonly kind: 'object'; readonly members: readonly Member[] }
);

interface Member {
  readonly name: string;
  readonly key: Json;
  readonly value: Json;
}

/** Names that make a block, and of how many labels. */
const BLOCKS: Readonly<Record<string, number>> = { variable: 1, function: 1, target: 1, group: 1 };
const BLOCKS_INSIDE: Readonly<Record<string, number>> = { validation: 0 };
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;

/**
 * Parses a file in HCL's JSON syntax: members of the names that make blocks are blocks, strings
 * are templates. Throws BakeFileError.
 *
 * @see https://github.com/hashicorp/hcl/blob/main/json/spec.md
 */
export function parseJson(source: Source): Body {
  const cursor = cursorAt(source, parseExpression);
  takes(cursor, '\ufeff');
  const value = parseValue(cursor);
  white(cursor);
  if (next(cursor) !== '') {
    throw fail(cursor, 'Extra characters after JSON value');
  }
  return bodyOf(cursor, value, BLOCKS);
}

function bodyOf(cursor: Cursor, value: Json, kinds: Readonly<Record<string, number>>): Body {
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (const member of objectsOf(cursor, value).flatMap((one) => one.members)) {
    if (member.name === '//') continue;
    const labels = Object.hasOwn(kinds, member.name) ? kinds[member.name] : undefined;
    if (labels !== undefined) blocks.push(...blocksOf(cursor, member, labels));
    else {
      attributes.set(member.name, {
        name: member.name,
        nameRange: member.key.range,
        value: expressionOf(member.value),
      });
    }
  }
  return { attributes, blocks, range: value.range };
}

function blocksOf(cursor: Cursor, { name, key, value }: Member, labels: number): Block[] {
  if (labels === 0) {
    return objectsOf(cursor, value).map((one) => block(cursor, name, [], key.range, one));
  }
  return objectsOf(cursor, value)
    .flatMap((one) => one.members)
    .filter((member) => member.name !== '//')
    .flatMap((member) => {
      const label = { text: member.name, range: member.key.range };
      return objectsOf(cursor, member.value).map((one) =>
        block(cursor, name, [label], member.key.range, one),
      );
    });
}

function block(
  cursor: Cursor,
  type: string,
  labels: Block['labels'],
  range: Range,
  value: Json,
): Block {
  return { type, labels, range, body: bodyOf(cursor, value, BLOCKS_INSIDE) };
}

/** The objects that a value is: one, or each of an array. */
function objectsOf(cursor: Cursor, value: Json): readonly Extract<Json, { kind: 'object' }>[] {
  if (value.kind === 'object') return [value];
  if (value.kind === 'array') return value.items.flatMap((item) => objectsOf(cursor, item));
  cursor.at = value.range.start;
  throw fail(
    cursor,
    'Incorrect JSON value type; Either a JSON object or a JSON array of objects is required here.',
    value.range.end - value.range.start,
  );
}

function expressionOf(value: Json): Expression {
  switch (value.kind) {
    case 'literal':
      return value.expression;
    case 'string':
      return templateOf(value);
    case 'array':
      return { kind: 'tuple', items: value.items.map(expressionOf), range: value.range };
    case 'object':
      return {
        kind: 'object',
        items: value.members.map((member) => ({
          key: expressionOf(member.key),
          value: expressionOf(member.value),
        })),
        range: value.range,
      };
  }
}

/** Where nothing is escaped, places in the template are places in the file. */
function templateOf({ text, range }: Extract<Json, { kind: 'string' }>): Expression {
  const inner = { source: range.source, start: range.start + 1, end: range.end - 1 };
  if (range.source.text.slice(inner.start, inner.end) === text)
    return parseTemplate(inner, parseExpression);
  return parseTemplate(
    { source: sourceWithin(range, text), start: 0, end: text.length },
    parseExpression,
  );
}

function white(cursor: Cursor): void {
  while (/^[ \t\r\n]/.test(next(cursor))) cursor.at += 1;
}

function parseValue(cursor: Cursor): Json {
  white(cursor);
  const start = cursor.at;
  switch (next(cursor)) {
    case '{':
      return within(cursor, true, () => parseObject(cursor, start));
    case '[':
      return within(cursor, true, () => parseArray(cursor, start));
    case '"':
      return parseString(cursor);
    default:
      return parseLiteral(cursor, start);
  }
}

function parseObject(cursor: Cursor, start: number): Json {
  cursor.at += 1;
  const members: Member[] = [];
  white(cursor);
  while (!takes(cursor, '}')) {
    if (next(cursor) !== '"') {
      throw fail(
        cursor,
        'Invalid JSON property name; JSON object property names must be strings in double quotes.',
      );
    }
    const key = parseString(cursor);
    white(cursor);
    if (!takes(cursor, ':')) {
      throw fail(
        cursor,
        'Missing property value colon; A colon must appear between an object property name and its value.',
      );
    }
    members.push({ name: key.text, key, value: parseValue(cursor) });
    white(cursor);
    if (takes(cursor, ',')) {
      white(cursor);
      if (next(cursor) === '}') {
        throw fail(
          cursor,
          'Trailing comma in object; JSON does not permit a trailing comma after the final property in an object.',
        );
      }
    } else if (next(cursor) !== '}') {
      throw fail(
        cursor,
        'Missing attribute separator comma; A comma must appear between object members.',
      );
    }
  }
  return { kind: 'object', members, range: since(cursor, start) };
}

function parseArray(cursor: Cursor, start: number): Json {
  cursor.at += 1;
  const items: Json[] = [];
  white(cursor);
  while (!takes(cursor, ']')) {
    items.push(parseValue(cursor));
    white(cursor);
    if (takes(cursor, ',')) {
      white(cursor);
      if (next(cursor) === ']') {
        throw fail(
          cursor,
          'Trailing comma in array; JSON does not permit a trailing comma after the final value in an array.',
        );
      }
    } else if (next(cursor) !== ']') {
      throw fail(
        cursor,
        'Missing array separator comma; A comma must appear between array elements.',
      );
    }
  }
  return { kind: 'array', items, range: since(cursor, start) };
}

function parseString(cursor: Cursor): Extract<Json, { kind: 'string' }> {
  const start = cursor.at;
  const { text } = cursor.source;
  let end = start + 1;
  for (; text[end] !== '"'; end += text[end] === '\\' ? 2 : 1) {
    if (end >= text.length || text[end] === '\n') {
      throw fail(cursor, 'Unterminated JSON string; There is no closing double quote.');
    }
  }
  let decoded: unknown;
  try {
    decoded = JSON.parse(text.slice(start, end + 1));
  } catch {
    throw fail(
      cursor,
      'Invalid JSON string; It holds an invalid escape or a control character.',
      end + 1 - start,
    );
  }
  cursor.at = end + 1;
  return { kind: 'string', text: String(decoded), range: since(cursor, start) };
}

function parseLiteral(cursor: Cursor, start: number): Json {
  for (const [word, value] of [
    ['true', bool(true)],
    ['false', bool(false)],
    ['null', NULL],
  ] as const) {
    if (!takes(cursor, word)) continue;
    const range = since(cursor, start);
    return { kind: 'literal', expression: { kind: 'literal', value, range }, range };
  }
  NUMBER.lastIndex = cursor.at;
  const [digits] = NUMBER.exec(cursor.source.text) ?? [];
  const parsed = digits === undefined ? undefined : parseNumber(digits);
  if (digits === undefined || parsed === undefined) {
    throw fail(
      cursor,
      'Invalid JSON value; A JSON value must start with a brace, a bracket, a number, a string, or a keyword.',
    );
  }
  cursor.at += digits.length;
  const range = since(cursor, start);
  return { kind: 'literal', expression: { kind: 'literal', value: number(parsed), range }, range };
}
