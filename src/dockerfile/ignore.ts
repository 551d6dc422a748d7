import { posix } from 'node:path';
import { trimSpace } from './blank.ts';
import { PatternError } from './errors.ts';
import { candidatesOf } from './ignore-index.ts';
import { type PathPattern, pathPattern } from './ignore-pattern.ts';

/** Directories whose answers are remembered; walkers ask for one after the other. */
const REMEMBERED = 1024;

/** A line of `.dockerignore`, or a pattern of a flag. */
export interface IgnoreRule {
  /** As written, white space at its ends aside. */
  readonly pattern: string;
  /** Number of its line, or its place in the list. */
  readonly line: number;
  /** Written with `!`: what it matches is let in again. */
  readonly exception: boolean;
}

/**
 * Says which paths a list of rules leaves out. Paths are relative to where the rules are rooted,
 * with slashes, and have none at their ends.
 */
export interface IgnoreMatcher {
  readonly rules: readonly IgnoreRule[];
  /** Whether there are `!` rules. */
  readonly hasExceptions: boolean;
  /** The rule that leaves a path out, by itself or by a directory above it; `undefined` when it is in. */
  ignored(path: string): IgnoreRule | undefined;
  /** The rule that decided about a path, either way; `undefined` when no rule matches. */
  deciding(path: string): IgnoreRule | undefined;
  /** Whether something below a directory may be in: when false, a walker need not look into it. */
  mayContainIncluded(directory: string): boolean;
}

/**
 * Reads the text of a `.dockerignore`. Throws {@link PatternError}, with the line, for a pattern
 * that does not follow the syntax.
 *
 * @see https://docs.docker.com/build/concepts/context/#dockerignore-files
 */
export function parseIgnore(text: string): IgnoreMatcher {
  const lines = (text.startsWith('\ufeff') ? text.slice(1) : text).split('\n');
  const rules = lines.map((line, index) =>
    line.startsWith('#') ? undefined : readRule(line, index + 1),
  );
  return matcherOf(rules);
}

/** A matcher for patterns that were given one by one: `--exclude`. Throws {@link PatternError}. */
export function ignorePatterns(patterns: readonly string[]): IgnoreMatcher {
  return matcherOf(patterns.map((pattern, index) => readRule(pattern, index + 1)));
}

type ReadyRule = IgnoreRule & { readonly path: PathPattern };

function readRule(text: string, line: number): ReadyRule | undefined {
  const pattern = trimSpace(text);
  if (pattern === '') return undefined;
  const exception = pattern.startsWith('!');
  const body = exception ? trimSpace(pattern.slice(1)) : pattern;
  if (body === '') throw new PatternError(`line ${line}: illegal exclusion pattern: "!"`);
  const clean = cleaned(body);
  try {
    return { pattern, line, exception, path: pathPattern(clean) };
  } catch (error) {
    if (!(error instanceof PatternError)) throw error;
    throw new PatternError(`line ${line}: ${error.message}`);
  }
}

/** Without `.`, `..`, double slashes and slashes at the ends. */
function cleaned(pattern: string): string {
  const normal = posix.normalize(pattern);
  const end = normal.endsWith('/') ? normal.length - 1 : normal.length;
  return normal.slice(normal.startsWith('/') ? 1 : 0, end);
}

/** What the rules say about one path. */
interface Verdict {
  /** The rules, in order, that match the path or a directory above it. */
  readonly matched: readonly number[];
  readonly ignored: boolean;
  /** Index of the rule that decided, or -1. */
  readonly by: number;
}

function matcherOf(list: readonly (ReadyRule | undefined)[]): IgnoreMatcher {
  const rules = list.filter((rule) => rule !== undefined);
  const known = new Map<string, Verdict>();
  const candidates = candidatesOf(rules.map((rule) => rule.path.index));

  const judged = (path: string): Verdict =>
    judge(rules, path, candidates(path), above(path)?.matched ?? []);
  const directory = (path: string): Verdict => {
    const remembered = known.get(path);
    if (remembered) return remembered;
    const verdict = judged(path);
    if (known.size >= REMEMBERED) known.clear();
    known.set(path, verdict);
    return verdict;
  };
  const above = (path: string): Verdict | undefined => {
    const slash = path.lastIndexOf('/');
    return slash < 0 ? undefined : directory(path.slice(0, slash));
  };
  const verdictOn = (path: string): Verdict => known.get(path) ?? judged(path);

  return {
    rules: rules.map(({ pattern, line, exception }) => ({ pattern, line, exception })),
    hasExceptions: rules.some((rule) => rule.exception),
    ignored(path) {
      const { ignored, by } = verdictOn(path);
      return ignored ? rules[by] : undefined;
    },
    deciding: (path) => rules[verdictOn(path).by],
    mayContainIncluded(path) {
      const { ignored, by } = directory(path);
      if (!ignored) return true;
      // What stands above the deciding rule is overruled for everything below the directory.
      for (let index = by + 1; index < rules.length; index += 1) {
        const rule = rules[index]!;
        if (rule.exception && rule.path.mayMatchBelow(path)) return true;
      }
      return false;
    },
  };
}

/**
 * Applies the rules in order; the last one that changes something decides. A rule is asked only
 * when it could change something, and one that holds for a directory holds for what is below.
 * `candidates` are the rules, in order, that may match the path; `inherited` those that hold above.
 */
function judge(
  rules: readonly ReadyRule[],
  path: string,
  candidates: readonly number[],
  inherited: readonly number[],
): Verdict {
  const matched: number[] = [];
  let ignored = false;
  let by = -1;
  let above = 0;
  let own = 0;
  while (above < inherited.length || own < candidates.length) {
    const index = Math.min(inherited[above] ?? Infinity, candidates[own] ?? Infinity);
    const isInherited = inherited[above] === index;
    if (isInherited) above += 1;
    if (candidates[own] === index) own += 1;
    const rule = rules[index]!;
    if (!isInherited && (rule.exception !== ignored || !rule.path.matches(path))) continue;
    matched.push(index);
    ignored = !rule.exception;
    by = index;
  }
  return { matched, ignored, by };
}
