import { BakeFileError } from '../errors.ts';
import type { Expression } from './ast.ts';
import { parseForHead } from './collections.ts';
import {
  blank,
  cursorAt,
  fail,
  identifier,
  keyword,
  sees,
  since,
  takes,
  within,
  type Cursor,
} from './cursor.ts';
import { templateTree, trimmed, type Piece } from './template-tree.ts';
import type { Range } from './source.ts';

/** How the text between the sequences of a template is written. */
interface Style {
  /** Whether backslashes escape. */
  readonly escapes: boolean;
  /** Offset at which the template ends; undefined for the next double quote. */
  readonly end: number | undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
};

/** Parses `"…"`. */
export function parseQuoted(cursor: Cursor): Expression {
  const start = cursor.at;
  cursor.at += 1;
  const pieces = parsePieces(cursor, { escapes: true, end: undefined });
  cursor.at += 1;
  return templateTree(trimmed(pieces), since(cursor, start));
}

/** A part of a file as a template, as strings of JSON are. */
export function parseTemplate(
  { source, start, end }: Range,
  expression: Cursor['expression'],
): Expression {
  const cursor = cursorAt(source, expression, start);
  const pieces = parsePieces(cursor, { escapes: false, end });
  if (cursor.at > end)
    throw fail(cursor, 'Invalid template; It goes on behind the end of its text');
  return templateTree(trimmed(pieces), since(cursor, start));
}

/** Parses `<<NAME` and `<<-NAME` with the lines that follow. */
export function parseHeredoc(cursor: Cursor): Expression {
  const start = cursor.at;
  cursor.at += 2;
  const indented = takes(cursor, '-');
  const name = identifier(cursor);
  if (name === undefined)
    throw fail(cursor, 'Invalid heredoc; A name is required behind << or <<-');
  takes(cursor, '\r');
  if (!takes(cursor, '\n'))
    throw fail(cursor, 'Invalid heredoc; Its text starts on a line of its own');
  const close = new RegExp(`^[ \\t]*${name.replaceAll('$', '\\$')}(?=[ \\t]*\\r?$)`, 'gmu');
  close.lastIndex = cursor.at;
  const end = close.exec(cursor.source.text);
  if (end === null) {
    cursor.at = start;
    throw fail(
      cursor,
      `Unterminated template string; No line consists of the closing marker ${JSON.stringify(name)}.`,
      2,
    );
  }
  const pieces = parsePieces(cursor, { escapes: false, end: end.index });
  cursor.at = end.index + end[0].length;
  const range = since(cursor, start);
  const kept = trimmed(pieces);
  return templateTree(indented ? unindented(kept) : kept, range);
}

/** The pieces of a template; the cursor is left behind the last of them. */
function parsePieces(cursor: Cursor, style: Style): Piece[] {
  const pieces: Piece[] = [];
  let [text, start] = ['', cursor.at];
  const flush = (): void => {
    if (text !== '') pieces.push({ kind: 'text', text, range: since(cursor, start) });
    text = '';
    start = cursor.at;
  };
  for (;;) {
    if (style.end !== undefined && cursor.at >= style.end) break;
    const character = cursor.source.text[cursor.at];
    if (style.end === undefined && character === '"') break;
    if (character === undefined || (style.escapes && character === '\n')) {
      throw fail(
        cursor,
        'Invalid multi-line string; Quoted strings may not be split over multiple lines. Use <<EOF or \\n.',
      );
    }
    if (sees(cursor, '$${') || sees(cursor, '%%{')) {
      text += `${character}{`;
      cursor.at += 3;
    } else if (sees(cursor, '${') || sees(cursor, '%{')) {
      flush();
      pieces.push(parseSequence(cursor));
      start = cursor.at;
    } else if (style.escapes && character === '\\') text += parseEscape(cursor);
    else {
      text += character;
      cursor.at += 1;
      if (character === '\n') flush();
    }
  }
  flush();
  return pieces;
}

function parseEscape(cursor: Cursor): string {
  const letter = cursor.source.text[cursor.at + 1] ?? '';
  const known = Object.hasOwn(ESCAPES, letter) ? ESCAPES[letter] : undefined;
  if (known !== undefined) {
    cursor.at += 2;
    return known;
  }
  const length = letter === 'u' ? 4 : letter === 'U' ? 8 : 0;
  const digits = cursor.source.text.slice(cursor.at + 2, cursor.at + 2 + length);
  const code = Number.parseInt(digits, 16);
  if (length === 0 || !/^[\da-f]+$/i.test(digits) || digits.length < length || code > 0x10ffff) {
    throw fail(
      cursor,
      length === 0
        ? `Invalid escape sequence; The symbol ${JSON.stringify(letter)} is not a valid escape sequence selector.`
        : `Invalid escape sequence; \\${letter} must be followed by ${length} hexadecimal digits.`,
      2,
    );
  }
  cursor.at += 2 + length;
  return String.fromCodePoint(code).toWellFormed();
}

/** `${…}` or `%{…}`. */
function parseSequence(cursor: Cursor): Piece {
  const start = cursor.at;
  const isValue = sees(cursor, '${');
  cursor.at += 2;
  const trimLeft = takes(cursor, '~');
  const content = within(cursor, true, () => {
    const inner = isValue
      ? { kind: 'value' as const, value: cursor.expression(cursor) }
      : parseDirective(cursor);
    blank(cursor);
    return inner;
  });
  const trimRight = takes(cursor, '~');
  if (!takes(cursor, '}')) {
    throw fail(
      cursor,
      isValue
        ? 'Extra characters after interpolation expression; Expected a closing brace to end the interpolation expression, but found extra characters.'
        : 'Extra characters after template directive; Expected a closing brace to end it.',
    );
  }
  return { ...content, trimLeft, trimRight, range: since(cursor, start) };
}

type Directive =
  | { readonly kind: 'if'; readonly value: Expression }
  | ({ readonly kind: 'for' } & ReturnType<typeof parseForHead>)
  | { readonly kind: 'else' | 'endif' | 'endfor' };

function parseDirective(cursor: Cursor): Directive {
  blank(cursor);
  if (keyword(cursor, 'if')) return { kind: 'if', value: cursor.expression(cursor) };
  if (keyword(cursor, 'for')) return { kind: 'for', ...parseForHead(cursor) };
  if (keyword(cursor, 'else')) return { kind: 'else' };
  if (keyword(cursor, 'endif')) return { kind: 'endif' };
  if (keyword(cursor, 'endfor')) return { kind: 'endfor' };
  const { at } = cursor;
  const word = identifier(cursor) ?? '';
  const range: Range = { source: cursor.source, start: at, end: Math.max(cursor.at, at + 1) };
  throw new BakeFileError(
    `Invalid template directive; ${JSON.stringify(word)} is not a valid template directive.`,
    range,
    'Directives are if, else, endif, for and endfor.',
  );
}

/** Without the blanks that all lines that have more than blanks start with. */
function unindented(pieces: readonly Piece[]): Piece[] {
  let least = Infinity;
  const starts = new Set<number>();
  pieces.forEach((piece, index) => {
    const before = pieces[index - 1];
    if (before !== undefined && !(before.kind === 'text' && before.text.endsWith('\n'))) return;
    if (piece.kind !== 'text') {
      least = 0;
      return;
    }
    if (piece.text.trim() === '' && piece.text.endsWith('\n')) return;
    starts.add(index);
    least = Math.min(least, piece.text.length - piece.text.trimStart().length);
  });
  return pieces.map((piece, index) =>
    starts.has(index) && piece.kind === 'text'
      ? { ...piece, text: piece.text.slice(least) }
      : piece,
  );
}
