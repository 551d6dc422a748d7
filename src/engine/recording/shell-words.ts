/** Escapes of `$'…'` that stand for one character. */
const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  E: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/**
 * The words of what a shell printed to be read again (`export -p`, `set`): quotes of all kinds
 * are taken off, nothing is expanded.
 */
export function wordsOf(text: string): string[] {
  const words: string[] = [];
  let word: string | undefined;
  const one =
    /\s+|'([^']*)'|\$'((?:[^'\\]|\\[^])*)'|"((?:[^"\\]|\\[^])*)"|\\([^])|[^\s'"\\$]+|[^]/gy;
  for (const [whole, single, ansi, double, escaped] of text.matchAll(one)) {
    if (/^\s/.test(whole)) {
      if (word !== undefined) words.push(word);
      word = undefined;
      continue;
    }
    word ??= '';
    if (single !== undefined) word += single;
    else if (ansi !== undefined) word += unescaped(ansi);
    else if (double !== undefined) word += double.replace(/\\([$`"\\]|\n)/g, dropLineFeed);
    else if (escaped !== undefined) word += dropLineFeed('', escaped);
    else word += whole;
  }
  if (word !== undefined) words.push(word);
  return words;
}

function dropLineFeed(_: string, char: string): string {
  return char === '\n' ? '' : char;
}

function unescaped(text: string): string {
  const codes = /\\(?:([0-7]{1,3})|x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|([^]))/g;
  return text.replace(codes, (_, octal?: string, hex?: string, unicode?: string, char = '') => {
    if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8) & 0xff);
    const digits = hex ?? unicode;
    if (digits !== undefined) return String.fromCharCode(Number.parseInt(digits, 16));
    return ESCAPES[char as string] ?? (char as string);
  });
}

/** A text as one word of a shell, whatever is in it. */
export function quoted(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
