/** A command line as far as the cursor, cut into words. */
export interface ShellWords {
  /** Whole words, quotes and backslashes gone. */
  readonly words: readonly string[];
  /** The word that the cursor is in or behind; empty after a blank. */
  readonly current: string;
}

/**
 * Cuts a line the way a shell would, as far as completion needs it: blanks, quotes and backslashes.
 * Nothing is expanded. A quote that is still open belongs to the current word.
 */
export function shellWords(line: string): ShellWords {
  const words: string[] = [];
  let current: string | undefined;
  let quote = '';
  for (let at = 0; at < line.length; at++) {
    const letter = line.charAt(at);
    if (letter === '\\' && quote !== "'") {
      current = (current ?? '') + line.charAt(++at);
    } else if (quote !== '') {
      if (letter === quote) quote = '';
      else current = (current ?? '') + letter;
    } else if (letter === "'" || letter === '"') {
      quote = letter;
      current ??= '';
    } else if (/\s/.test(letter)) {
      if (current !== undefined) words.push(current);
      current = undefined;
    } else {
      current = (current ?? '') + letter;
    }
  }
  return { words, current: current ?? '' };
}
