import { goDuration, LONGEST_DURATION } from './durations.ts';
import { parseBytes } from './units.ts';

/**
 * One flag of a command. The table of flags is the single source of parsing, `--help` and
 * the types of the values that a command gets.
 */
export interface Flag<T> {
  /** What the value is called in `--help`; empty for toggles. */
  readonly valueName: string;
  readonly summary: string;
  readonly short: string | undefined;
  readonly initial: T;
  /** What a flag without `=value` means; without it the next argument is the value. */
  readonly bare: string | undefined;
  /** Reads one value; `before` holds those typed earlier, or `initial`. Throws RangeError with the reason. */
  read(text: string, before: T): T;
  /** Known, but not to be used: one sentence that says why. Such flags are not listed. */
  readonly refusal: string | undefined;
  /** The words that a value is one of, or the keys of a filter: for completion and documents. */
  readonly words?: readonly string[];
}

/** Flags by their long names. */
export type FlagTable = Readonly<Record<string, Flag<unknown>>>;

/** What a table's flags hold after parsing. */
export type Values<F extends FlagTable> = {
  readonly [K in keyof F]: F[K] extends Flag<infer T> ? T : never;
};

const scalar = <T>(
  valueName: string,
  summary: string,
  short: string | undefined,
  initial: T,
  read: (text: string) => T,
): Flag<T> => ({
  valueName,
  summary,
  short,
  initial,
  bare: undefined,
  read: (text) => read(text),
  refusal: undefined,
});

const repeated = <T>(
  valueName: string,
  summary: string,
  short: string | undefined,
  read: (text: string) => readonly T[],
): Flag<readonly T[]> => ({
  valueName,
  summary,
  short,
  initial: [],
  bare: undefined,
  read: (text, before) => [...before, ...read(text)],
  refusal: undefined,
});

/** The kinds of flags. Their grammar is that of Go's pflag, which Docker users have in their fingers. */
export const flag = {
  /** On or off: `--rm`, `--rm=false`. */
  toggle: (summary: string, short?: string, initial = false): Flag<boolean> => ({
    valueName: '',
    summary,
    short,
    initial,
    bare: 'true',
    read: readBoolean,
    refusal: undefined,
  }),
  /** One string; the last one typed counts. */
  text: (valueName: string, summary: string, short?: string): Flag<string | undefined> =>
    scalar<string | undefined>(valueName, summary, short, undefined, (text) => text),
  /** One of the given words. */
  choice: <T extends string>(
    words: readonly T[],
    summary: string,
    short?: string,
  ): Flag<T | undefined> => ({
    ...scalar<T | undefined>('string', summary, short, undefined, (text) => {
      const word = words.find((one) => one === text);
      if (word === undefined) throw new RangeError(`must be one of ${words.join(', ')}`);
      return word;
    }),
    words,
  }),
  /** Repeatable; commas are part of the value. */
  list: (valueName: string, summary: string, short?: string): Flag<readonly string[]> =>
    repeated(valueName, summary, short, (text) => [text]),
  /** Repeatable, and split at commas. */
  stringSlice: (valueName: string, summary: string, short?: string): Flag<readonly string[]> =>
    repeated(valueName, summary, short, (text) => text.split(',')),
  /** `key=value` pairs; keys in lower case. `keys` are those that the command knows. */
  filter: (
    summary: string,
    short?: string,
    keys: readonly string[] = [],
  ): Flag<readonly { readonly key: string; readonly value: string }[]> => ({
    ...repeated('filter', summary, short, readFilter),
    words: keys,
  }),
  /** A whole number with an optional unit of 1024: `512m`. */
  bytes: (summary: string, short?: string): Flag<number | undefined> =>
    scalar<number | undefined>('bytes', summary, short, undefined, parseBytes),
  /** A number; whole unless `decimal`. */
  number: (
    valueName: 'int' | 'decimal',
    summary: string,
    short?: string,
  ): Flag<number | undefined> =>
    scalar<number | undefined>(valueName, summary, short, undefined, (text) => {
      const pattern = valueName === 'int' ? /^[+-]?\d+$/ : /^[+-]?(?:\d+\.?\d*|\.\d+)$/;
      if (!pattern.test(text)) throw new RangeError('invalid syntax');
      return Number(text);
    }),
  /** A text with a meaning of its own. `read` throws RangeError with the reason. */
  limit: <T>(summary: string, read: (text: string) => T): Flag<T | undefined> =>
    scalar<T | undefined>('string', summary, undefined, undefined, read),
  /** Go's form: `1h2m3s`, `300ms`. In milliseconds. */
  duration: (summary: string, short?: string): Flag<number | undefined> =>
    scalar<number | undefined>('duration', summary, short, undefined, (text) => {
      const value = goDuration(text);
      if (value === undefined) throw new RangeError(`invalid duration "${text}"`);
      return value;
    }),
  /** As `duration`, and in days and weeks: `30d`, `2w`. In milliseconds. */
  age: (summary: string, short?: string): Flag<number | undefined> =>
    scalar<number | undefined>('duration', summary, short, undefined, (text) => {
      const [, count, unit] = /^(\d+(?:\.\d+)?)([dw])$/.exec(text) ?? [];
      const days = Number(count) * (unit === 'w' ? 7 : 1);
      const value = unit === undefined ? goDuration(text) : days * 86_400_000;
      if (value === undefined || value < 0 || value > LONGEST_DURATION) {
        throw new RangeError(`invalid duration "${text}"`);
      }
      return value;
    }),
  /** A flag that Docker has and this version refuses. */
  refused: (refusal: string, short?: string): Flag<never> => ({
    valueName: '',
    summary: '',
    short,
    initial: undefined as never,
    bare: undefined,
    read: (_, before) => before,
    refusal,
  }),
};

/** A table of flags that are refused in the same words. A name may carry its short form: `push`, `memory/m`. */
export function refused(refusal: string, names: readonly string[]): FlagTable {
  return Object.fromEntries(
    names.map((name) => {
      const [long = '', short] = name.split('/');
      return [long, flag.refused(refusal, short)];
    }),
  );
}

const TRUE = new Set(['1', 't', 'T', 'true', 'TRUE', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'false', 'FALSE', 'False']);

function readBoolean(text: string): boolean {
  if (TRUE.has(text)) return true;
  if (FALSE.has(text)) return false;
  throw new RangeError(`parsing "${text}": invalid syntax`);
}

function readFilter(text: string): readonly { readonly key: string; readonly value: string }[] {
  // An empty one is ignored, so that `--filter "$F"` works with an empty variable.
  if (text === '') return [];
  const at = text.indexOf('=');
  if (at < 0) throw new RangeError('bad format of filter (expected name=value)');
  return [{ key: text.slice(0, at).trim().toLowerCase(), value: text.slice(at + 1).trim() }];
}
