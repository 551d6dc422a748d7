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
const NUMBER = /[+-]?(?:0[xXbBoO])?[\p{L}\p{Nd}_.]*(?:(?<=[eEpP])[+-][\p{Nd}_]+)?/uy;
const STRING = /"(?:[^"\\\n]|\\[^\n])*"/y;
const CHAR = /'(?:[^'\\\n]|\\[^\n])*'/y;
const RAW = /`[^`]*`/y;
/** What may follow a word, a number or a variable. */
const TERMINATORS = new Set([' ', '\t', '\r', '\n', '.', ',', '|', ':', '=', ')', '(', '}', '']);

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

  const line = (offset: number): number => source.slice(0, offset).split('\n').length;
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
      const code = source.codePointAt(at) ?? 0;
      const hex = code.toString(16).toUpperCase().padStart(4, '0');
      fail(`unrecognized character in action: U+${hex} '${String.fromCodePoint(code)}'`);
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
    const next = source[at + whole.length] ?? '';
    if (!(kind === 'dot' && name === '' ? true : TERMINATORS.has(next))) {
      const code = next.codePointAt(0) ?? 0;
      const hex = code.toString(16).toUpperCase().padStart(4, '0');
      fail(`bad character U+${hex} '${next}'`);
    }
    add(kind, whole);
  }

  function number(): void {
    const digits = match(NUMBER) ?? '';
    if (digits === '' || !/\d/.test(digits) || Number.isNaN(readNumber(digits))) {
      const end = /^[^\s|)}]*/.exec(source.slice(at))?.[0] ?? '';
      fail(`bad number syntax: "${end}"`);
    }
    add('number', digits);
  }
}

/** The value of a number constant; NaN when it is none. */
export function readNumber(text: string): number {
  const sign = text.startsWith('-') ? -1 : 1;
  const body = text.replace(/^[+-]/, '').replaceAll('_', '');
  if (/^0[0-7]+$/.test(body)) return sign * Number.parseInt(body, 8);
  if (
    !/^(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO][0-7]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)$/.test(
      body,
    )
  ) {
    return Number.NaN;
  }
  return sign * Number(body);
}
