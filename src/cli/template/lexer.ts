import { TemplateError } from './errors.ts';

/** The kinds of tokens. Words that open or end blocks are `keyword`s. */
export type TokenKind =
  | 'text'
  | 'left'
  | 'right'
  | 'space'
  | 'identifier'
  | 'keyword'
  | 'field'
  | 'variable'
  | 'dot'
  | 'nil'
  | 'bool'
  | 'number'
  | 'char'
  | 'string'
  | 'raw'
  | 'pipe'
  | 'declare'
  | 'assign'
  | 'comma'
  /** Any other character of ASCII, which has no meaning. */
  | 'other'
  | '('
  | ')'
  | 'eof';

/** A token, as written, and where. */
export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
  /** Offset in the template. */
  readonly at: number;
  readonly line: number;
}

const KEYWORDS = new Set([
  'block',
  'break',
  'continue',
  'define',
  'else',
  'end',
  'if',
  'range',
  'template',
  'with',
]);
const SPACE = /[ \t\r\n]+/y;
const WORD = /[\p{L}\p{Nd}_]+/uy;
const NUMBER =
  /[+-]?(?:0[xX][0-9a-fA-F_]*\.?[0-9a-fA-F_]*(?:[pP][+-]?[0-9_]*)?|0[oO][0-7_]*\.?[0-7_]*|0[bB][01_]*\.?[01_]*|[0-9_]*\.?[0-9_]*(?:[eE][+-]?[0-9_]*)?)/y;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])*'/y;
const RAW = /`[^`]*`/y;
/** What may follow a word, a number or a variable. */
const TERMINATORS = new Set([' ', '\t', '\r', '\n', '.', ',', '|', ':', '=', ')', '(', '']);

/**
 * Splits a template into tokens by the grammar of Go's text/template.
 *
 * @see https://pkg.go.dev/text/template#hdr-Text_and_spaces
 */
export function lex(source: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  let depth = 0;
  let trimNext = false;

  let lines = 1;
  let counted = 0;
  const line = (offset: number): number => {
    for (; counted < offset; counted++) if (source[counted] === '\n') lines += 1;
    return lines;
  };
  const fail = (message: string, offset = at): never => {
    throw new TemplateError(`:${line(offset)}: ${message}`);
  };
  const add = (kind: TokenKind, text: string): void => {
    tokens.push({ kind, text, at, line: line(at) });
    at += text.length;
  };
  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    return pattern.exec(source)?.[0];
  };

  while (at < source.length) {
    const open = source.indexOf('{{', at);
    text(open < 0 ? source.length : open);
    if (open < 0) break;
    const trimmed = source[at + 2] === '-' && /[ \t\r\n]/.test(source[at + 3] ?? '');
    const start = at + (trimmed ? 3 : 2);
    const inside = trimmed ? (/^[ \t\r\n]*/.exec(source.slice(start))?.[0].length ?? 0) : 0;
    if (source.startsWith('/*', start + inside)) {
      comment(start + inside);
      continue;
    }
    const opening = source.slice(at, start);
    add('left', opening);
    action();
  }
  tokens.push({ kind: 'eof', text: '', at, line: line(at) });
  return tokens;

  function text(end: number): void {
    let body = source.slice(at, end);
    const start = at;
    if (trimNext) body = body.replace(/^[ \t\r\n]+/, '');
    trimNext = false;
    const skipped = end - start - body.length;
    if (source[end + 2] === '-' && /[ \t\r\n]/.test(source[end + 3] ?? '')) {
      body = body.replace(/[ \t\r\n]+$/, '');
    }
    if (body !== '') {
      tokens.push({ kind: 'text', text: body, at: start + skipped, line: line(start + skipped) });
    }
    at = end;
  }

  function comment(start: number): void {
    const end = source.indexOf('*/', start);
    if (end < 0) fail('unclosed comment');
    at = end + 2;
    const closing = /[ \t\r\n]+-\}\}|\}\}/y;
    const close = match(closing);
    if (close === undefined) fail('comment ends before closing delimiter');
    trimNext = close?.includes('-') === true;
    at += close?.length ?? 0;
  }

  function action(): void {
    depth = 0;
    for (;;) {
      if (at >= source.length) fail('unclosed action');
      const close = match(/[ \t\r\n]+-\}\}|\}\}/y);
      if (close !== undefined && depth === 0) {
        trimNext = close.includes('-');
        add('right', close);
        return;
      }
      if (close !== undefined && close === '}}') fail('unclosed left paren');
      token();
    }
  }

  function token(): void {
    const char = source[at] ?? '';
    const blank = match(SPACE);
    if (blank !== undefined) {
      add('space', blank);
      return;
    }
    switch (char) {
      case '=':
        add('assign', '=');
        return;
      case ',':
        add('comma', ',');
        return;
      case '|':
        add('pipe', '|');
        return;
      case '(':
        depth += 1;
        add('(', '(');
        return;
      case ')':
        depth -= 1;
        if (depth < 0) fail('unexpected right paren');
        add(')', ')');
        return;
      case '"':
        add('string', match(STRING) ?? fail('unterminated quoted string'));
        return;
      case '`':
        add('raw', match(RAW) ?? fail('unterminated raw quoted string'));
        return;
      case "'":
        add('char', match(CHAR) ?? fail('unterminated character constant'));
        return;
      case ':':
        if (source[at + 1] !== '=') fail('expected :=');
        add('declare', ':=');
        return;
      case '$':
        at += 1;
        word('variable', match(WORD) ?? '', '$');
        return;
      case '.':
        if (!/\d/.test(source[at + 1] ?? '')) {
          at += 1;
          const name = match(WORD) ?? '';
          word(name === '' ? 'dot' : 'field', name, '.');
          return;
        }
    }
    if (/[\d.+-]/.test(char)) {
      number();
      return;
    }
    const name = match(WORD);
    if (name === undefined) {
      if (!/[!-~]/.test(char)) fail(`unrecognized character in action: ${shownLetter(at)}`);
      add('other', char);
      return;
    }
    if (KEYWORDS.has(name)) word('keyword', name, '');
    else if (name === 'true' || name === 'false') word('bool', name, '');
    else if (name === 'nil') word('nil', name, '');
    else word('identifier', name, '');
  }

  /** A word behind its sigil, which was already passed. */
  function word(kind: TokenKind, name: string, sigil: string): void {
    at -= sigil.length;
    const whole = sigil + name;
    const end = at + whole.length;
    const ends = TERMINATORS.has(source[end] ?? '') || source.startsWith('}}', end);
    if (!ends && kind !== 'dot') fail(`bad character ${shownLetter(end)}`);
    add(kind, whole);
  }

  function number(): void {
    const digits = match(NUMBER) ?? '';
    const follow = /^[\p{L}\p{Nd}_]/u.exec(
      source.slice(at + digits.length, at + digits.length + 2),
    );
    if (digits === '' || follow)
      fail(`bad number syntax: ${JSON.stringify(digits + (follow?.[0] ?? ''))}`);
    add('number', digits);
  }

  /** A character as Go's messages show it: `U+0040 '@'`. */
  function shownLetter(offset: number): string {
    const code = source.codePointAt(offset) ?? 0;
    const hex = code.toString(16).toUpperCase().padStart(4, '0');
    return `U+${hex} '${String.fromCodePoint(code)}'`;
  }
}
