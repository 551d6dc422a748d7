import { BakeFileError } from '../errors.ts';
import type { Expression } from './ast.ts';
import type { Range, Source } from './source.ts';

/** Where the parser stands in a file. */
export interface Cursor {
  readonly source: Source;
  /** Parses the expression that comes next. */
  readonly expression: (cursor: Cursor) => Expression;
  at: number;
  /** Ends of lines are blank here: inside of parentheses and brackets. */
  multiline: boolean;
  /** Expressions that are open. */
  depth: number;
}

/** Deeper than any file that people write; the parser is recursive. */
export const DEEPEST = 200;
const IDENTIFIER = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;

/** Starts at an offset of a file. */
export function cursorAt(source: Source, expression: Cursor['expression'], at = 0): Cursor {
  return { source, expression, at, multiline: false, depth: 0 };
}

/** From an offset to where the cursor stands. */
export function since(cursor: Cursor, start: number): Range {
  return { source: cursor.source, start, end: cursor.at };
}

/** An error at the next `length` characters, at least one where there are any. */
export function fail(cursor: Cursor, problem: string, length = 1, hint?: string): BakeFileError {
  const { source, at } = cursor;
  const end = Math.min(source.text.length, at + length);
  return new BakeFileError(problem, { source, start: Math.min(at, end), end }, hint);
}

/** The character that comes next; empty at the end of the file. */
export function next(cursor: Cursor): string {
  return cursor.source.text[cursor.at] ?? '';
}

/** Whether this text comes next. */
export function sees(cursor: Cursor, text: string): boolean {
  return cursor.source.text.startsWith(text, cursor.at);
}

/** Takes this text when it comes next. */
export function takes(cursor: Cursor, text: string): boolean {
  if (!sees(cursor, text)) return false;
  cursor.at += text.length;
  return true;
}

/** Passes blanks and comments, and ends of lines where those are blank. */
export function blank(cursor: Cursor): void {
  const { text } = cursor.source;
  for (;;) {
    const character = text[cursor.at];
    if (character === ' ' || character === '\t') cursor.at += 1;
    else if (character === '\r' && text[cursor.at + 1] === '\n') cursor.at += 1;
    else if (character === '\n' && cursor.multiline) cursor.at += 1;
    else if (character === '#' || (character === '/' && text[cursor.at + 1] === '/')) {
      const end = text.indexOf('\n', cursor.at);
      cursor.at = end < 0 ? text.length : end;
    } else if (character === '/' && text[cursor.at + 1] === '*') {
      const end = text.indexOf('*/', cursor.at + 2);
      if (end < 0) throw fail(cursor, 'Unterminated comment; It starts with /* and has no */', 2);
      cursor.at = end + 2;
    } else return;
  }
}

/** Passes blanks, comments and ends of lines. */
export function blankLines(cursor: Cursor): void {
  const { multiline } = cursor;
  cursor.multiline = true;
  blank(cursor);
  cursor.multiline = multiline;
}

/** Takes a name when one comes next. */
export function identifier(cursor: Cursor): string | undefined {
  IDENTIFIER.lastIndex = cursor.at;
  const [name] = IDENTIFIER.exec(cursor.source.text) ?? [];
  if (name !== undefined) cursor.at += name.length;
  return name;
}

/** Takes a word when exactly it comes next. */
export function keyword(cursor: Cursor, word: string): boolean {
  const start = cursor.at;
  if (identifier(cursor) === word) return true;
  cursor.at = start;
  return false;
}

/** Runs `parse` with ends of lines being blank, or not, and one level deeper. */
export function within<T>(cursor: Cursor, multiline: boolean, parse: () => T): T {
  const before = cursor.multiline;
  cursor.multiline = multiline;
  cursor.depth += 1;
  if (cursor.depth > DEEPEST) {
    throw fail(cursor, `Too deep; Expressions may be nested ${DEEPEST} deep`);
  }
  const result = parse();
  cursor.depth -= 1;
  cursor.multiline = before;
  return result;
}
