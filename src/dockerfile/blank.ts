/**
 * White space as Go's `unicode.IsSpace` has it, as the body of a character class. It differs from
 * JavaScript's `\s`: U+0085 is in, U+FEFF is out.
 *
 * @see https://pkg.go.dev/unicode#IsSpace
 */
const SPACES =
  '\\t\\n\\v\\f\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000';
const SPACE = new RegExp(`[${SPACES}]`);

/** True for one white-space character. */
export function isSpace(character: string): boolean {
  return character === ' ' || character === '\t' || (character !== '' && SPACE.test(character));
}

/** Text without white space at its ends. */
export function trimSpace(text: string): string {
  const { start, end } = trimmedRange(text, 0, text.length);
  return text.slice(start, end);
}

/** The part of `text` from `start` to `end` without white space at its ends. */
export function trimmedRange(
  text: string,
  start: number,
  end: number,
): { readonly start: number; readonly end: number } {
  const from = Math.min(spanOfSpace(text, start), end);
  let to = end;
  while (to > from && isSpace(text[to - 1] ?? '')) to -= 1;
  return { start: from, end: to };
}

/** Offset of the first character at or after `from` that is not white space. */
export function spanOfSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && isSpace(text[at] ?? '')) at += 1;
  return at;
}

/** True for the white space that separates the words of an instruction. */
export function isSeparator(character: string | undefined): boolean {
  switch (character) {
    case ' ':
    case '\t':
    case '\v':
    case '\f':
    case '\r':
      return true;
    default:
      return false;
  }
}
