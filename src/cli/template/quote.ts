const NAMED: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

/** The text as a Go literal, a string's unless told: what `%q` prints. `ascii` escapes all other letters. */
export function quote(
  text: string,
  { mark = '"', ascii = false }: { readonly mark?: '"' | "'"; readonly ascii?: boolean } = {},
): string {
  let body = '';
  for (const letter of text) {
    const code = letter.codePointAt(0) ?? 0;
    if (letter === mark) body += `\\${mark}`;
    else if (NAMED[letter] !== undefined) body += NAMED[letter];
    else if (code < 0x20 || code === 0x7f) body += `\\x${code.toString(16).padStart(2, '0')}`;
    else if ((ascii && code > 0x7e) || /[\p{C}\p{Zl}\p{Zp}]|(?! )\p{Zs}/u.test(letter)) {
      body +=
        code < 0x10000
          ? `\\u${code.toString(16).padStart(4, '0')}`
          : `\\U${code.toString(16).padStart(8, '0')}`;
    } else body += letter;
  }
  return mark + body + mark;
}
