const SIMPLE: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  '"': '"',
  "'": "'",
};

/** The value of a Go string, raw string or character constant, quotes included; undefined when it is malformed. */
export function unquote(literal: string): string | undefined {
  const body = literal.slice(1, -1);
  if (literal.startsWith('`')) return body.replaceAll('\r', '');
  const parts: Buffer[] = [];
  const escape = /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))/gsu;
  let at = 0;
  for (const match of body.matchAll(escape)) {
    parts.push(Buffer.from(body.slice(at, match.index)));
    at = match.index + match[0].length;
    const [, hex, short, long, octal, letter] = match;
    const byte = hex === undefined ? undefined : Number.parseInt(hex, 16);
    const code = short ?? long;
    if (byte !== undefined) parts.push(Buffer.of(byte));
    else if (octal !== undefined) parts.push(Buffer.of(Number.parseInt(octal, 8) & 0xff));
    else if (code !== undefined) {
      const point = Number.parseInt(code, 16);
      if (point > 0x10ffff) return undefined;
      parts.push(Buffer.from(String.fromCodePoint(point)));
    } else {
      const simple = letter === undefined ? undefined : SIMPLE[letter];
      if (simple === undefined) return undefined;
      parts.push(Buffer.from(simple));
    }
  }
  parts.push(Buffer.from(body.slice(at)));
  return Buffer.concat(parts).toString();
}
