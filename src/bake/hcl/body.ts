import { BakeFileError } from '../errors.ts';
import type { Attribute, Block, Body } from './ast.ts';
import {
  blank,
  blankLines,
  cursorAt,
  fail,
  identifier,
  next,
  sees,
  since,
  takes,
  within,
  type Cursor,
} from './cursor.ts';
import { parseExpression } from './expression.ts';
import { position, sourceOf, type Range, type Source } from './source.ts';
import { parseQuoted } from './template.ts';

/** Parses a file in HCL's native syntax. Throws BakeFileError. */
export function parseHcl(source: Source): Body {
  const cursor = cursorAt(source, parseExpression);
  takes(cursor, '\ufeff');
  return parseBody(cursor);
}

/** Parses a text that is one expression, as `type` and `--var` values may be. Throws BakeFileError. */
export function parseExpressionText(
  name: string,
  text: string,
): ReturnType<typeof parseExpression> {
  const cursor = cursorAt(sourceOf(name, text), parseExpression);
  cursor.multiline = true;
  const expression = parseExpression(cursor);
  blank(cursor);
  if (next(cursor) !== '') throw fail(cursor, 'Extra characters after expression');
  return expression;
}

/** The items up to the closing brace, or up to the end of the file. */
function parseBody(cursor: Cursor, brace?: number): Body {
  const start = cursor.at;
  const attributes = new Map<string, Attribute>();
  const blocks: Block[] = [];
  for (;;) {
    blankLines(cursor);
    if (brace === undefined ? next(cursor) === '' : sees(cursor, '}')) break;
    if (next(cursor) === '') {
      cursor.at = brace ?? cursor.at;
      throw fail(
        cursor,
        'Unclosed configuration block; There is no closing brace for this block before the end of the file.',
      );
    }
    const item = parseItem(cursor);
    if ('body' in item) blocks.push(item);
    else add(attributes, item);
    lineEnd(cursor, 'body' in item);
  }
  return { attributes, blocks, range: since(cursor, start) };
}

function add(attributes: Map<string, Attribute>, attribute: Attribute): void {
  const first = attributes.get(attribute.name);
  if (first !== undefined) {
    const { line } = position(first.nameRange.source, first.nameRange.start);
    throw new BakeFileError(
      `Attribute redefined; The argument ${JSON.stringify(attribute.name)} was already set on line ${line}. Each argument may be set only once.`,
      attribute.nameRange,
    );
  }
  attributes.set(attribute.name, attribute);
}

function lineEnd(cursor: Cursor, isBlock: boolean): void {
  blank(cursor);
  if (next(cursor) === '' || sees(cursor, '\n')) return;
  throw fail(
    cursor,
    isBlock
      ? 'Missing newline after block definition; A block definition must end with a newline.'
      : 'Missing newline after argument; An argument definition must end with a newline.',
  );
}

function parseItem(cursor: Cursor): Attribute | Block {
  const start = cursor.at;
  const name = identifier(cursor);
  if (name === undefined) {
    throw fail(
      cursor,
      sees(cursor, '"')
        ? 'Invalid argument name; Argument names must not be quoted.'
        : 'Argument or block definition required; An argument or block definition is required here.',
    );
  }
  const nameRange = since(cursor, start);
  blank(cursor);
  if (sees(cursor, '=') && !sees(cursor, '==')) return parseAttribute(cursor, name, nameRange);
  return parseBlock(cursor, name, start);
}

function parseAttribute(cursor: Cursor, name: string, nameRange: Range): Attribute {
  cursor.at += 1;
  return { name, nameRange, value: parseExpression(cursor) };
}

function parseBlock(cursor: Cursor, type: string, start: number): Block {
  const labels: { text: string; range: Range }[] = [];
  let end = cursor.at;
  for (; !sees(cursor, '{'); blank(cursor)) {
    const at = cursor.at;
    const text = sees(cursor, '"') ? labelOf(cursor) : identifier(cursor);
    if (text === undefined) {
      throw fail(
        cursor,
        labels.length === 0
          ? 'Invalid argument or block; A name must be followed by "=" and a value, or by labels and "{".'
          : 'Invalid block definition; Either a quoted string block label or an opening brace ("{") is expected here.',
      );
    }
    labels.push({ text, range: since(cursor, at) });
    end = cursor.at;
  }
  const range: Range = { source: cursor.source, start, end };
  cursor.at += 1;
  const body = within(cursor, false, () => parseBraced(cursor));
  return { type, labels, range, body };
}

function labelOf(cursor: Cursor): string {
  const label = parseQuoted(cursor);
  if (label.kind === 'literal' && label.value.kind === 'string') return label.value.data;
  throw new BakeFileError(
    'Invalid string literal; Template sequences are not allowed in this string. To include a literal "$", double it (as "$$") to escape it.',
    label.range,
  );
}

/** A body behind its brace: on lines of its own, or one argument on the same line. */
function parseBraced(cursor: Cursor): Body {
  const start = cursor.at;
  blank(cursor);
  if (sees(cursor, '\n')) {
    const body = parseBody(cursor, start - 1);
    cursor.at += 1;
    return body;
  }
  const attributes = new Map<string, Attribute>();
  if (!sees(cursor, '}')) {
    const item = next(cursor) === '' ? undefined : parseItem(cursor);
    if (item === undefined || 'body' in item) {
      throw fail(
        cursor,
        'Invalid single-argument block definition; A single-line block holds one argument and no blocks.',
      );
    }
    add(attributes, item);
    blank(cursor);
    if (!sees(cursor, '}')) {
      throw fail(
        cursor,
        'Invalid single-argument block definition; An argument definition on the same line as its containing block creates a single-line block definition, which must also be closed on the same line.',
        1,
        "Place the block's closing brace immediately after the argument definition.",
      );
    }
  }
  cursor.at += 1;
  return { attributes, blocks: [], range: since(cursor, start) };
}
