import { UsageError } from '../base/errors.ts';
import type { Flag, FlagTable } from './flags.ts';
import { suggest } from './suggest.ts';

/** A command line, read. */
export interface ParsedArguments {
  /** By long name; flags that were not typed hold their initial value. */
  readonly flags: Readonly<Record<string, unknown>>;
  /** Long names of the flags that were typed. */
  readonly typed: ReadonlySet<string>;
  readonly operands: readonly string[];
  /** `--help` was asked for; nothing behind it was looked at. */
  readonly help: boolean;
}

/**
 * Reads a command line by pflag's grammar: `--name=value`, `--name value`, bundles of short
 * ones (`-itd`, `-p80:80`, `-m=512m`), values that start with a dash, `--`. The last value
 * of a scalar wins. With `stopAtOperand`, what follows the first operand is left alone.
 *
 * Throws UsageError (exit code 125).
 */
export function parseFlags(
  argv: readonly string[],
  table: FlagTable,
  options: { readonly stopAtOperand?: boolean } = {},
): ParsedArguments {
  const flags: Record<string, unknown> = Object.create(null);
  for (const [name, flag] of Object.entries(table)) flags[name] = flag.initial;
  const shorts = new Map(
    Object.entries(table).flatMap(([name, flag]) => (flag.short ? [[flag.short, name]] : [])),
  ) as ReadonlyMap<string, string>;
  const typed = new Set<string>();
  const operands: string[] = [];
  const done = (help: boolean): ParsedArguments => ({ flags, typed, operands, help });

  const set = (name: string, flag: Flag<unknown>, text: string): void => {
    try {
      flags[name] = flag.read(text, flags[name]);
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const spelled = flag.short === undefined ? `--${name}` : `-${flag.short}, --${name}`;
      const isBareKey = flag.valueName === 'filter' && /^[a-z!]+$/i.test(text);
      throw new UsageError(
        `invalid argument ${JSON.stringify(text)} for "${spelled}" flag: ${error.message}`,
        {
          hint: isBareKey
            ? `Did you mean --${name} ${text}=${text === 'dangling' ? 'true' : 'VALUE'}?`
            : undefined,
        },
      );
    }
    typed.add(name);
  };

  let at = 0;
  const next = (): string | undefined => argv[at++];

  for (let word = next(); word !== undefined; word = next()) {
    if (word === '--') {
      operands.push(...argv.slice(at));
      return done(false);
    }
    if (word === '--help' || (word === '-h' && !shorts.has('h'))) return done(true);
    if (word.startsWith('--')) {
      const [name, attached] = splitLong(word);
      const flag = Object.hasOwn(table, name) ? table[name] : undefined;
      if (flag === undefined) throw unknown(name, table);
      refuse(`--${name}`, flag);
      const value = attached ?? flag.bare ?? next();
      if (value === undefined) throw new UsageError(`flag needs an argument: --${name}`);
      set(name, flag, value);
    } else if (word.startsWith('-') && word !== '-') {
      try {
        shortBundle(word);
      } catch (error) {
        throw error instanceof UsageError ? (oneDash(error, word, table) ?? error) : error;
      }
    } else {
      rejectOtherDashes(word);
      operands.push(word);
      if (options.stopAtOperand === true) {
        operands.push(...argv.slice(at));
        return done(false);
      }
    }
  }
  return done(false);

  function shortBundle(word: string): void {
    let rest = word.slice(1);
    while (rest !== '') {
      const letter = String.fromCodePoint(rest.codePointAt(0) ?? 0);
      const name = shorts.get(letter);
      const flag = name === undefined ? undefined : table[name];
      if (name === undefined || flag === undefined) {
        throw new UsageError(`unknown shorthand flag: '${letter}' in -${rest}`);
      }
      refuse(`-${letter}, --${name}`, flag);
      const after = rest.slice(letter.length);
      if (after.length > 1 && after.startsWith('=')) {
        set(name, flag, after.slice(1));
        return;
      }
      if (flag.bare !== undefined) {
        set(name, flag, flag.bare);
        rest = after;
        continue;
      }
      const value = after === '' ? next() : after;
      if (value === undefined) {
        throw new UsageError(`flag needs an argument: '${letter}' in -${rest}`);
      }
      set(name, flag, value);
      return;
    }
  }
}

function splitLong(word: string): [name: string, value: string | undefined] {
  const body = word.slice(2);
  if (body.startsWith('-') || body.startsWith('='))
    throw new UsageError(`bad flag syntax: ${word}`);
  const equals = body.indexOf('=');
  return equals < 0 ? [body, undefined] : [body.slice(0, equals), body.slice(equals + 1)];
}

function unknown(name: string, table: FlagTable): UsageError {
  const known = Object.entries(table).flatMap(([known, flag]) => (flag.refusal ? [] : [known]));
  const [nearest] = suggest(name, known, 1);
  return new UsageError(`unknown flag: --${name}`, {
    hint: nearest === undefined ? undefined : `Did you mean --${nearest}?`,
  });
}

/** The same failure with a hint, where a long flag was typed with one dash: `-filter`. */
function oneDash(error: UsageError, word: string, table: FlagTable): UsageError | undefined {
  const [, name = ''] = /^-([a-z][a-z-]+)(?:=.*)?$/s.exec(word) ?? [];
  if (!Object.hasOwn(table, name) || table[name]?.refusal !== undefined) return undefined;
  return new UsageError(error.message, { hint: `Did you mean -${word}?` });
}

function refuse(spelled: string, flag: Flag<unknown>): void {
  if (flag.refusal !== undefined) throw new UsageError(`${spelled}: ${flag.refusal}`);
}

/** Text pasted from a document often has an en dash where `--` was meant. */
function rejectOtherDashes(word: string): void {
  const match = /^[\u2010-\u2015\u2212]+([A-Za-z][\w-]*)/.exec(word);
  if (match) {
    throw new UsageError(`${JSON.stringify(word)} starts with a dash that is not "-"`, {
      hint: `Did you mean ${match[1]?.length === 1 ? '-' : '--'}${match[1]}?`,
    });
  }
}
