import { withoutCredentials } from '../base/credentials.ts';
import type { Span } from './ast.ts';

const RULE = '--------------------\n';

/** What of a longer line is shown. */
const LONGEST = 1000;
/** A mark farther to the right would only fill the screen. */
const FARTHEST = 200;

/**
 * The lines of a span and some around it, numbered and marked, as Docker prints them under a
 * failed build: two lines on both sides of a single line, one on both sides of several, more on
 * one side where the other has none. A line below underlines `point`, when that is a part of a
 * line. Credentials in URLs are left out. Ends with a line feed. `text` may be given as lines,
 * where many excerpts are made.
 */
export function excerpt(
  text: string | readonly string[],
  span: Span,
  name: string,
  point?: Span,
): string {
  const lines = typeof text === 'string' ? text.split('\n') : text;
  const first = Math.min(Math.max(span.start.line, 1), lines.length);
  const last = Math.min(Math.max(span.end.line, first), lines.length);
  const { from, to } = around(first, last, lines.length);
  let out = `${name}:${first}\n${RULE}`;
  for (let number = from; number <= to; number += 1) {
    const mark = number >= first && number <= last ? '>>>' : '   ';
    const raw = (lines[number - 1] ?? '').replace(/\r$/, '');
    const line = withoutCredentials(raw).toWellFormed();
    const shown = line.length > LONGEST ? `${line.slice(0, LONGEST).toWellFormed()}…` : line;
    out += ` ${String(number).padStart(3)} | ${mark} ${shown}\n`;
    if (point?.start.line === number && line.length === raw.length) out += underline(line, point);
  }
  return out + RULE;
}

/** Carets below a part of a line; nothing where they would say no more than the mark does. */
function underline(line: string, { start, end }: Span): string {
  const from = start.column - 1;
  const to = end.line === start.line ? Math.min(end.column - 1, line.length) : line.length;
  const rest = `${line.slice(0, from)}${line.slice(to)}`.trim();
  if (to <= from || from > FARTHEST || rest === '') return '';
  const indent = line.slice(0, from).replace(/[^\t]/gu, ' ');
  const width = Math.min(Array.from(line.slice(from, to)).length, FARTHEST);
  return `     |     ${indent}${'^'.repeat(width)}\n`;
}

/** Widens a range of lines until enough were added or tried on both sides. */
function around(first: number, last: number, count: number): { from: number; to: number } {
  const wanted = first === last ? 4 : 2;
  let from = first;
  let to = last;
  for (let added = 0; added < wanted; added += 1) {
    if (from > 1) {
      from -= 1;
      added += 1;
    }
    if (to < count) {
      to += 1;
      added += 1;
    }
  }
  return { from, to };
}
