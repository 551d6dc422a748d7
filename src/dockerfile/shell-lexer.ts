import { isSpace } from './blank.ts';
import { ExpansionError } from './errors.ts';
import { parsePattern, removeMatch, replaceMatches, type WorkBudget } from './shell-pattern.ts';

/** Longest value one expansion may give, in UTF-16 units. */
const MAX_VALUE = 1024 * 1024;
/** `${a:-${b:-…}}` levels. */
const MAX_DEPTH = 200;

/** Value of a variable; `undefined` when it is not set. */
export type Lookup = (name: string) => string | undefined;

/** Words as they come up, and the one that is being read. */
export interface WordSink {
  readonly words: string[];
  word: string;
}

/** Where the reading of a word stands, and how it is read. */
export interface Lexer {
  readonly text: string;
  at: number;
  readonly escape: string;
  /** Quotes mean something. */
  readonly quotes: boolean;
  /** Quotes stay in the result. */
  keepQuotes: boolean;
  /** Escape characters stay in the result. */
  keepEscapes: boolean;
  /** A variable that is not set stays as it was written. */
  keepUnset: boolean;
  depth: number;
  readonly lookup: Lookup;
  readonly budget: WorkBudget;
}

/**
 * Reads up to `stop`, which is taken too, or to the end when `stop` is empty. What is read goes
 * to `words` as well: unquoted text splits there. Throws {@link ExpansionError}.
 */
export function readUntil(
  lexer: Lexer,
  stop: string,
  keepEscapes: boolean,
  words?: WordSink,
): string {
  const outer = lexer.keepEscapes;
  lexer.keepEscapes = keepEscapes;
  let result = '';
  while (lexer.at < lexer.text.length) {
    const character = lexer.text[lexer.at] ?? '';
    if (character === stop) {
      lexer.at += 1;
      lexer.keepEscapes = outer;
      return result;
    }
    let piece: string;
    let splits = true;
    if (character === '$') piece = readDollar(lexer);
    else if (lexer.quotes && character === "'") [piece, splits] = [readSingle(lexer), false];
    else if (lexer.quotes && character === '"') [piece, splits] = [readDouble(lexer), false];
    else if (character === lexer.escape) [piece, splits] = [readEscaped(lexer), false];
    else if (words && character === '<') [piece, splits] = [readAngle(lexer), false];
    else piece = readPlain(lexer, stop, words !== undefined);
    result = append(result, piece);
    if (words) addTo(words, piece, splits);
  }
  if (stop !== '') throw new ExpansionError(`syntax error: missing '${stop}'`);
  lexer.keepEscapes = outer;
  return result;
}

function append(result: string, piece: string): string {
  if (result.length + piece.length > MAX_VALUE) {
    throw new ExpansionError(`the value is longer than ${MAX_VALUE} characters`);
  }
  return result + piece;
}

function addTo(sink: WordSink, piece: string, splits: boolean): void {
  if (!splits) {
    sink.word += piece;
    return;
  }
  let from = 0;
  for (let at = 0; at < piece.length; at += 1) {
    if (!isSpace(piece[at] ?? '')) continue;
    sink.word += piece.slice(from, at);
    endWord(sink);
    from = at + 1;
  }
  sink.word += piece.slice(from);
}

/** Ends the word that is being read. */
export function endWord(sink: WordSink): void {
  if (sink.word !== '') sink.words.push(sink.word);
  sink.word = '';
}

function readPlain(lexer: Lexer, stop: string, angles: boolean): string {
  const { text, at: from } = lexer;
  let at = from;
  for (; at < text.length; at += 1) {
    const character = text[at] ?? '';
    if (character === '$' || character === lexer.escape || character === stop) break;
    if (lexer.quotes && (character === "'" || character === '"')) break;
    if (angles && character === '<') break;
  }
  lexer.at = at;
  return text.slice(from, at);
}

/** `<<` keeps the blanks behind it in its word. */
function readAngle(lexer: Lexer): string {
  const { text, at: from } = lexer;
  let at = from + 1;
  if (text[at] === '<') {
    at += 1;
    while (text[at] === ' ' || text[at] === '\t' || text[at] === '\r') at += 1;
  }
  lexer.at = at;
  return text.slice(from, at);
}

/** An escape character at the end stands for nothing. */
function readEscaped(lexer: Lexer): string {
  const { text, at } = lexer;
  lexer.at = at + 2;
  return lexer.keepEscapes ? text.slice(at, at + 2) : text.slice(at + 1, at + 2);
}

function readSingle(lexer: Lexer): string {
  const end = lexer.text.indexOf("'", lexer.at + 1);
  if (end < 0) {
    throw new ExpansionError('unexpected end of statement while looking for matching single-quote');
  }
  const from = lexer.at;
  lexer.at = end + 1;
  return lexer.keepQuotes ? lexer.text.slice(from, end + 1) : lexer.text.slice(from + 1, end);
}

function readDouble(lexer: Lexer): string {
  const { text, escape } = lexer;
  const quote = lexer.keepQuotes ? '"' : '';
  let result = quote;
  lexer.at += 1;
  while (lexer.at < text.length) {
    const character = text[lexer.at] ?? '';
    if (character === '"') {
      lexer.at += 1;
      return result + quote;
    }
    if (character === '$') {
      result = append(result, readDollar(lexer));
    } else if (character === escape) {
      const next = text[lexer.at + 1] ?? '';
      const special = next === '"' || next === '$' || next === escape;
      if (lexer.keepEscapes && special) result = append(result, character);
      // At the end of the word it stands for nothing; before other characters it stays.
      result = append(result, special ? next : next === '' ? '' : character);
      lexer.at += special ? 2 : 1;
    } else {
      let at = lexer.at;
      while (at < text.length && !'"$'.includes(text[at] ?? '') && text[at] !== escape) at += 1;
      result = append(result, text.slice(lexer.at, at));
      lexer.at = at;
    }
  }
  throw new ExpansionError('unexpected end of statement while looking for matching double-quote');
}

function readDollar(lexer: Lexer): string {
  const { text } = lexer;
  lexer.at += 1;
  if (text[lexer.at] !== '{') {
    const name = readName(lexer);
    if (name === '') return '$';
    return lexer.lookup(name) ?? (lexer.keepUnset ? `$${name}` : '');
  }
  lexer.at += 1;
  const first = text[lexer.at];
  if (first === undefined) throw new ExpansionError("syntax error: missing '}'");
  if (first === '{' || first === '}' || first === ':') {
    throw new ExpansionError('syntax error: bad substitution');
  }
  if (lexer.depth >= MAX_DEPTH) {
    throw new ExpansionError(`substitutions are nested more than ${MAX_DEPTH} deep`);
  }
  lexer.depth += 1;
  const value = readBraces(lexer, readName(lexer));
  lexer.depth -= 1;
  return value;
}

function readBraces(lexer: Lexer, name: string): string {
  const operator = lexer.text[lexer.at];
  lexer.at += 1;
  switch (operator) {
    case undefined:
      throw new ExpansionError("syntax error: missing '}'");
    case '}':
      return lexer.lookup(name) ?? (lexer.keepUnset ? `\${${name}}` : '');
    case ':':
      return readConditional(lexer, name, true);
    case '-':
    case '+':
    case '?':
      lexer.at -= 1;
      return readConditional(lexer, name, false);
    case '#':
    case '%':
      return readRemoval(lexer, name, operator);
    case '/':
      return readReplacement(lexer, name);
    default:
      throw unsupported(operator);
  }
}

function unsupported(modifier: string): ExpansionError {
  return new ExpansionError(`unsupported modifier (${modifier}) in substitution`);
}

function readConditional(lexer: Lexer, name: string, emptyIsUnset: boolean): string {
  const operator = lexer.text[lexer.at];
  lexer.at += 1;
  if (operator === undefined) throw new ExpansionError("syntax error: missing '}'");
  const modifier = emptyIsUnset ? `:${operator}` : operator;
  if (operator !== '-' && operator !== '+' && operator !== '?') throw unsupported(modifier);
  const word = readUntil(lexer, '}', false);
  const value = lexer.lookup(name);
  if (lexer.keepUnset && value === undefined) return `\${${name}${modifier}${word}}`;
  const missing = value === undefined || (emptyIsUnset && value === '');
  if (operator === '-') return missing ? word : value;
  if (operator === '+') return missing ? '' : word;
  if (!missing) return value;
  const reason = value === undefined ? 'unset' : 'empty';
  throw new ExpansionError(`${name}: ${word === '' ? `is not allowed to be ${reason}` : word}`);
}

function readRemoval(lexer: Lexer, name: string, operator: '#' | '%'): string {
  const word = readUntil(lexer, '}', true);
  const value = lexer.lookup(name);
  if (lexer.keepUnset && value === undefined) return `\${${name}${operator}${word}}`;
  const greedy = word.startsWith(operator);
  const pattern = parsePattern(greedy ? word.slice(1) : word);
  return removeMatch(value ?? '', pattern, {
    from: operator === '#' ? 'start' : 'end',
    greedy,
    budget: lexer.budget,
  });
}

function readReplacement(lexer: Lexer, name: string): string {
  const all = lexer.text[lexer.at] === '/';
  if (all) lexer.at += 1;
  const pattern = readUntil(lexer, '/', true);
  const replacement = readUntil(lexer, '}', true);
  const value = lexer.lookup(name);
  if (lexer.keepUnset && value === undefined) return `\${${name}/${pattern}/${replacement}}`;
  return replaceMatches(value ?? '', parsePattern(pattern), {
    replacement,
    all,
    limit: MAX_VALUE,
    budget: lexer.budget,
  });
}

const NAME = /[\p{L}\p{Nd}_]*/uy;
const DIGITS = /\p{Nd}+/uy;

/** A name, a run of digits, or one of the special parameters; empty when there is none. */
function readName(lexer: Lexer): string {
  const first = lexer.text[lexer.at] ?? '';
  let name = first !== '' && '@*#?-$!'.includes(first) ? first : undefined;
  name ??= matchAt(DIGITS, lexer) ?? matchAt(NAME, lexer) ?? '';
  lexer.at += name.length;
  return name;
}

function matchAt(pattern: RegExp, lexer: Lexer): string | undefined {
  pattern.lastIndex = lexer.at;
  return pattern.exec(lexer.text)?.[0];
}
