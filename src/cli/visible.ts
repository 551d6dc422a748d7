const COLOUR = /\x1b\[[0-9;:]*m/g;
const HIDDEN = /[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/g;

/** A control character, or a mark that reorders text. */
const SUSPECT = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e\u2066-\u2069\u2028\u2029]/;

/** One cell of a table: safe as {@link visible} makes it, and on one line, like no other rows. */
export function visibleCell(text: string): string {
  return SUSPECT.test(text) ? visible(text.replaceAll(/[\n\r\t]+/g, ' ')) : text;
}

/**
 * Text from outside, safe to show on a terminal: colours are dropped, every other control
 * character and every mark that reorders text shows as its number. Tabs and line ends stay.
 */
export function visible(text: string): string {
  return text.replace(COLOUR, '').replace(HIDDEN, (mark) => {
    const code = mark.charCodeAt(0);
    return code < 256
      ? `\\x${code.toString(16).padStart(2, '0')}`
      : `\\u${code.toString(16).padStart(4, '0')}`;
  });
}
