import { withoutCredentials } from '../base/credentials.ts';
import type { Span } from './ast.ts';

const RULE = '--------------------\n';

/**
 * The lines of a span and some around it, numbered and marked, as Docker prints them under a
 * failed build: two lines on both sides of a single line, one on both sides of several, more on
 * one side where the other has none. Credentials in URLs are left out. Ends with a line feed.
 */
export function excerpt(text: string, span: Span, name: string): string {
  const lines = text.split('\n');
  const first = Math.min(Math.max(span.start.line, 1), lines.length);
  const last = Math.min(Math.max(span.end.line, first), lines.length);
  const { from, to } = around(first, last, lines.length);
  let out = `${name}:${first}\n${RULE}`;
  for (let number = from; number <= to; number += 1) {
    const mark = number >= first && number <= last ? '>>>' : '   ';
    const line = withoutCredentials((lines[number - 1] ?? '').replace(/\r$/, '')).toWellFormed();
    out += ` ${String(number).padStart(3)} | ${mark} ${line}\n`;
  }
  return out + RULE;
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
