import { goQuote } from '../base/go-quote.ts';
import { isSeparator, isSpace } from './blank.ts';
import { InstructionValueError } from './errors.ts';

/** A piece of a logical line: its value and the range it was read from. */
export interface Arg {
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** Splits a range at runs of separators, without regard to quotes. */
export function separated(text: string, start: number, end: number): Arg[] {
  const args: Arg[] = [];
  for (let at = start; at < end;) {
    let stop = at;
    while (stop < end && !isSeparator(text[stop])) stop += 1;
    args.push({ value: text.slice(at, stop), start: at, end: stop });
    at = stop;
    while (at < end && isSeparator(text[at])) at += 1;
  }
  return args;
}

/**
 * Splits a range at white space outside quotes. Quotes and escape characters stay in the words:
 * expansion takes them off. An escape character at the very end is dropped.
 */
export function quotedWords(text: string, start: number, end: number, escape: string): Arg[] {
  const args: Arg[] = [];
  let at = start;
  for (;;) {
    while (at < end && isSpace(text[at] ?? '')) at += 1;
    if (at >= end) return args;
    const stop = endOfWord(text, at, end, escape);
    const value = text.slice(at, stop.dangling ? stop.end - 1 : stop.end);
    if (value !== '') args.push({ value, start: at, end: stop.end });
    at = stop.end;
  }
}

function endOfWord(
  text: string,
  start: number,
  end: number,
  escape: string,
): { readonly end: number; readonly dangling: boolean } {
  let quote = '';
  for (let at = start; at < end; at += 1) {
    const character = text[at] ?? '';
    if (character === escape && quote !== "'") {
      if (at + 1 === end) return { end, dangling: true };
      at += 1;
    } else if (quote !== '') {
      if (character === quote) quote = '';
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (isSpace(character)) {
      return { end: at, dangling: false };
    }
  }
  return { end, dangling: false };
}

/**
 * The names and values of ENV and LABEL as triples: name, value, separator (`=`, or nothing in
 * the form `NAME value`). Throws {@link InstructionValueError} when a value or a `=` is missing.
 */
export function nameValues(
  text: string,
  start: number,
  end: number,
  options: { readonly escape: string; readonly keyword: string },
): Arg[] {
  const words = quotedWords(text, start, end, options.escape);
  const [first] = words;
  if (!first) return [];
  if (!first.value.includes('=')) return legacyPair(text, start, end, options.keyword);
  return words.flatMap((word) => {
    const equals = word.value.indexOf('=');
    if (equals < 0) {
      throw new InstructionValueError(
        `Syntax error - can't find = in ${goQuote(word.value)}. Must be of the form: name=value`,
        { at: word },
      );
    }
    const middle = word.start + equals;
    return [
      { value: word.value.slice(0, equals), start: word.start, end: middle },
      { value: word.value.slice(equals + 1), start: middle + 1, end: word.end },
      { value: '=', start: middle, end: middle + 1 },
    ];
  });
}

function legacyPair(text: string, start: number, end: number, keyword: string): Arg[] {
  let stop = start;
  while (stop < end && !isSeparator(text[stop])) stop += 1;
  if (stop === end) throw new InstructionValueError(`${keyword} must have two arguments`);
  let value = stop;
  while (value < end && isSeparator(text[value])) value += 1;
  return [
    { value: text.slice(start, stop), start, end: stop },
    { value: text.slice(value, end), start: value, end },
    { value: '', start: stop, end: stop },
  ];
}

/** Reads the words behind a keyword that start with `--`, quotes and escape characters removed. */
export function leadingFlags(
  text: string,
  start: number,
  end: number,
  escape: string,
): { readonly flags: readonly Arg[]; readonly rest: number } {
  const flags: Arg[] = [];
  let at = start;
  for (;;) {
    while (at < end && isSpace(text[at] ?? '')) at += 1;
    if (at >= end || text[at] !== '-' || text[at + 1] !== '-' || at + 1 >= end) {
      return { flags, rest: at };
    }
    const flag = readFlag(text, at, end, escape);
    at = flag.end;
    // `--` ends the flags; as the last word of the line it is no flag either.
    if (flag.value === '--') return { flags, rest: at };
    flags.push(flag);
  }
}

function readFlag(text: string, start: number, end: number, escape: string): Arg {
  let value = '';
  let quote = '';
  let at = start;
  for (; at < end; at += 1) {
    const character = text[at] ?? '';
    if (character === escape) {
      // At the end of the line it stands for nothing.
      at += 1;
      if (at < end) value += text[at];
    } else if (quote !== '') {
      if (character === quote) quote = '';
      else value += character;
    } else if (character === "'" || character === '"') {
      quote = character;
    } else if (isSpace(character)) {
      break;
    } else {
      value += character;
    }
  }
  return { value, start, end: Math.min(at, end) };
}
