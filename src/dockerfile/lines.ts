import type { Position, Span } from './ast.ts';
import { isSpace, spanOfSpace } from './blank.ts';
import { type DirectiveState, readDirective } from './directives.ts';
import { DockerfileError } from './errors.ts';

/** Longest line in bytes, its end not counted; a longer one is an error, as in Docker. */
const MAX_LINE = 65_535;

/** Where the lexer stands. */
export interface Cursor {
  /** The whole text, without a byte order mark. */
  readonly text: string;
  /** Name of the file for messages. */
  readonly file: string;
  readonly directives: DirectiveState;
  /** Offset of the next line. */
  at: number;
  /** Number of the line read last; 0 before the first. */
  line: number;
  /** Comment lines since the last instruction. */
  comments: string[];
}

/** One line of the file. */
export interface PhysicalLine {
  /** With its end. */
  readonly raw: string;
  /** Without trailing CR and LF. */
  readonly text: string;
  readonly number: number;
  /** Offset of its first character in the file. */
  readonly offset: number;
}

/** An instruction as one line: continuations joined, comments and blank lines inside it gone. */
export interface LogicalLine {
  readonly text: string;
  /** Where the parts of `text` come from, in order. */
  readonly pieces: readonly Piece[];
  readonly comments: readonly string[];
  /** Offset in the file of the first line. */
  readonly offset: number;
  readonly first: number;
  readonly last: number;
  /** A blank line stands inside the instruction. */
  readonly emptyContinuation: boolean;
}

interface Piece {
  /** Offset in the logical line. */
  readonly at: number;
  readonly line: number;
  readonly column: number;
}

/** Reads one line, or `undefined` at the end. Throws {@link DockerfileError} when it is too long. */
export function readLine(cursor: Cursor): PhysicalLine | undefined {
  const { text, at } = cursor;
  if (at >= text.length) return undefined;
  const feed = text.indexOf('\n', at);
  const next = feed < 0 ? text.length : feed + 1;
  let end = next;
  while (end > at && (text[end - 1] === '\n' || text[end - 1] === '\r')) end -= 1;
  cursor.at = next;
  cursor.line += 1;
  const raw = text.slice(at, next);
  if (raw.length > MAX_LINE / 3 && Buffer.byteLength(raw) - (feed < 0 ? 0 : 1) > MAX_LINE) {
    throw new DockerfileError(`dockerfile line greater than max allowed size of ${MAX_LINE}`, {
      span: lineSpan(cursor.line, 0),
      file: cursor.file,
    });
  }
  return { raw, text: text.slice(at, end), number: cursor.line, offset: at };
}

/**
 * Reads up to the end of the next instruction; heredocs that follow it are left to the caller.
 * `undefined` at the end of the file.
 */
export function readLogicalLine(cursor: Cursor): LogicalLine | undefined {
  for (let line = readLine(cursor); line; line = readLine(cursor)) {
    const start = spanOfSpace(line.text, 0);
    const content = line.text.slice(start);
    if (readDirective(cursor.directives, content, line)) continue;
    if (content.startsWith('#')) {
      remember(cursor, content);
      continue;
    }
    const { text, continued } = continuation(content, cursor.directives.escape);
    if (text === '' && !continued) continue;
    return continued
      ? readRest(cursor, line, start, text)
      : finish(cursor, line, [{ at: 0, line: line.number, column: start + 1 }], text, false);
  }
  return undefined;
}

/** The place in the file of an offset in the logical line. */
export function positionOf(line: LogicalLine, offset: number): Position {
  let low = 0;
  let high = line.pieces.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((line.pieces[middle]?.at ?? 0) <= offset) low = middle;
    else high = middle - 1;
  }
  const piece = line.pieces[low];
  if (!piece) return { line: line.first, column: 1 };
  return { line: piece.line, column: piece.column + offset - piece.at };
}

/** The place in the file of a part of the logical line; a part may run over several lines. */
export function spanOf(line: LogicalLine, start: number, end: number): Span {
  const from = positionOf(line, start);
  if (end <= start) return { start: from, end: from };
  const last = positionOf(line, end - 1);
  return { start: from, end: { line: last.line, column: last.column + 1 } };
}

/** A span that covers one line. */
export function lineSpan(line: number, length: number): Span {
  return { start: { line, column: 1 }, end: { line, column: length + 1 } };
}

function readRest(
  cursor: Cursor,
  first: PhysicalLine,
  start: number,
  beginning: string,
): LogicalLine {
  const pieces: Piece[] = [{ at: 0, line: first.number, column: start + 1 }];
  const parts = [beginning];
  let length = beginning.length;
  let emptyContinuation = false;
  for (let line = readLine(cursor); line; line = readLine(cursor)) {
    const blank = spanOfSpace(line.text, 0);
    if (line.text[blank] === '#') continue;
    if (blank === line.text.length) {
      emptyContinuation = true;
      continue;
    }
    const { text, continued } = continuation(line.text, cursor.directives.escape);
    pieces.push({ at: length, line: line.number, column: 1 });
    parts.push(text);
    length += text.length;
    if (!continued) break;
  }
  return finish(cursor, first, pieces, parts.join(''), emptyContinuation);
}

function finish(
  cursor: Cursor,
  first: PhysicalLine,
  pieces: readonly Piece[],
  text: string,
  emptyContinuation: boolean,
): LogicalLine {
  const { comments } = cursor;
  cursor.comments = [];
  return {
    text,
    pieces,
    comments,
    offset: first.offset,
    first: first.number,
    last: cursor.line,
    emptyContinuation,
  };
}

/** A comment without text ends what the comments above it describe. */
function remember(cursor: Cursor, comment: string): void {
  let end = comment.length;
  while (end > 1 && isSpace(comment[end - 1] ?? '')) end -= 1;
  const text = comment.slice(spanOfSpace(comment, 1), end);
  if (text === '') cursor.comments = [];
  else cursor.comments.push(text);
}

/**
 * Takes the escape character and blanks off the end of a line that goes on. An escape character
 * that stands behind another one does not continue the line, whatever stands before the two.
 */
function continuation(
  line: string,
  escape: string,
): { readonly text: string; readonly continued: boolean } {
  let end = line.length;
  while (end > 0 && (line[end - 1] === ' ' || line[end - 1] === '\t')) end -= 1;
  const continued = line[end - 1] === escape && line[end - 2] !== escape;
  return continued ? { text: line.slice(0, end - 1), continued } : { text: line, continued };
}
