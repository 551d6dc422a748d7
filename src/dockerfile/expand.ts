import { goQuote } from '../base/go-quote.ts';
import type { EscapeCharacter } from './ast.ts';
import { ExpansionError } from './errors.ts';
import { endWord, type Lexer, type Lookup, readUntil, type WordSink } from './shell-lexer.ts';
import type { WorkBudget } from './shell-pattern.ts';

/** Most that all expansions of one build may give together. */
const MAX_TOTAL = 16 * 1024 * 1024;
/** Steps of pattern matching that one build may take: well below a second. */
const MAX_STEPS = 64 * 1024 * 1024;

/** What a build may still spend on expansion; shared by all of its words. */
export interface ExpansionBudget extends WorkBudget {
  /** Characters that may still come out. */
  left: number;
}

/** How a word is expanded. */
export interface ExpandOptions {
  /** The file's escape character. */
  readonly escape: EscapeCharacter;
  readonly budget?: ExpansionBudget;
  /** Gets the names that were looked up and found. */
  readonly used?: Set<string>;
  /** Gets the names that were looked up and not found. */
  readonly unset?: Set<string>;
}

/** A full budget, for one build. */
export function expansionBudget(): ExpansionBudget {
  return { left: MAX_TOTAL, steps: MAX_STEPS };
}

/**
 * Expands variables and removes quotes, as a shell does for one word; the result is never split.
 * Throws {@link ExpansionError} for bad syntax, for `${x:?message}` on a variable that is not
 * set, and when a bound is reached; the time is linear in the word and in the values it uses.
 *
 * @see https://docs.docker.com/reference/dockerfile/#environment-replacement
 */
export function expandWord(raw: string, lookup: Lookup, options: ExpandOptions): string {
  return run(raw, lookup, { ...options, quotes: true });
}

/** As {@link expandWord}, then split at the white space that was not quoted: for EXPOSE. */
export function expandWords(raw: string, lookup: Lookup, options: ExpandOptions): string[] {
  const words: WordSink = { words: [], word: '' };
  run(raw, lookup, { ...options, quotes: true, words });
  endWord(words);
  return words.words;
}

/**
 * Expands the body of a heredoc for COPY and ADD: quotes stay, a backslash goes and the next
 * character is taken as it is, whatever the file's escape character. Throws {@link ExpansionError}.
 */
export function expandHeredoc(
  body: string,
  lookup: Lookup,
  options: Omit<ExpandOptions, 'escape'> = {},
): string {
  return run(body, lookup, { ...options, escape: '\\', quotes: false });
}

/**
 * The words of a line with variables left alone. `quotes` and `escapes` say what stays in the
 * words. `undefined` when the quotes of the line do not match.
 */
export function shellWords(
  line: string,
  keep: { readonly quotes: boolean; readonly escapes: boolean },
): string[] | undefined {
  const words: WordSink = { words: [], word: '' };
  const lexer = start(line, () => undefined, { escape: '\\', quotes: true, words });
  lexer.keepQuotes = keep.quotes;
  lexer.keepUnset = true;
  try {
    readUntil(lexer, '', keep.escapes, words);
  } catch (error) {
    if (error instanceof ExpansionError) return undefined;
    throw error;
  }
  endWord(words);
  return words.words;
}

interface RunOptions extends ExpandOptions {
  readonly quotes: boolean;
  readonly words?: WordSink;
}

function run(raw: string, lookup: Lookup, options: RunOptions): string {
  const budget = options.budget ?? expansionBudget();
  try {
    const lexer = start(raw, lookup, { ...options, budget });
    const result = readUntil(lexer, '', false, options.words);
    budget.left -= result.length;
    if (budget.left < 0) {
      throw new ExpansionError(
        `variables of this build expand to more than ${MAX_TOTAL} characters`,
      );
    }
    return result;
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    const shown = raw.length > 200 ? `${raw.slice(0, 200)}…` : raw;
    throw new ExpansionError(`failed to process ${goQuote(shown)}: ${error.message}`);
  }
}

function start(raw: string, lookup: Lookup, options: RunOptions): Lexer {
  return {
    text: raw,
    at: 0,
    escape: options.escape,
    quotes: options.quotes,
    keepQuotes: false,
    keepEscapes: false,
    keepUnset: false,
    depth: 0,
    lookup: (name) => {
      const value = lookup(name);
      (value === undefined ? options.unset : options.used)?.add(name);
      return value;
    },
    budget: options.budget ?? expansionBudget(),
  };
}
