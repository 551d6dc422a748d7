import { ExpansionError } from './errors.ts';

/** Steps that may still be taken; matching counts them down and fails below zero. */
export interface WorkBudget {
  steps: number;
}

/** One place of a pattern: a code point, or any character. */
type Place = number | 'any';

/** A parsed pattern: runs of places with a `*` between each two. */
export type ShellPattern = readonly (readonly Place[])[];

/**
 * Reads a pattern of `${v#p}`, `${v%p}`, `${v/p/r}`: `*`, `?`, `\*`, `\?`, `\\`; `\}` and `\/`
 * stand for the second character. Throws {@link ExpansionError} for another escape.
 */
export function parsePattern(text: string): ShellPattern {
  const runs: Place[][] = [];
  let run: Place[] = [];
  const characters = text[Symbol.iterator]();
  for (const character of characters) {
    if (character === '*') {
      runs.push(run);
      run = [];
    } else if (character === '?') {
      run.push('any');
    } else if (character === '\\') {
      const next: string = characters.next().value ?? '';
      if (next === '' || !'*?\\}/'.includes(next)) {
        throw new ExpansionError(
          `invalid pattern (${text}) in substitution: invalid escape '\\${next}'`,
        );
      }
      run.push(pointOf(next));
    } else {
      run.push(pointOf(character));
    }
  }
  runs.push(run);
  return runs;
}

/** Takes the shortest or longest match off one end of a value. */
export function removeMatch(
  value: string,
  pattern: ShellPattern,
  options: {
    readonly from: 'start' | 'end';
    readonly greedy: boolean;
    readonly budget: WorkBudget;
  },
): string {
  // The end is the start of the mirror image.
  const backwards = options.from === 'end';
  const points = pointsOf(value, options.budget);
  const text = backwards ? points.toReversed() : points;
  const runs = backwards ? pattern.map((run) => run.toReversed()).toReversed() : pattern;
  const line = { text, from: 0, to: lineEnd(text, 0) };
  const end = matchEnd(line, runs, 0, options);
  if (end === undefined) return value;
  const rest = text.subarray(end);
  return textOf(backwards ? rest.toReversed() : rest);
}

/** Puts `replacement` in the place of the first or of every match; `*` takes as much as it can. */
export function replaceMatches(
  value: string,
  pattern: ShellPattern,
  options: {
    readonly replacement: string;
    readonly all: boolean;
    readonly limit: number;
    readonly budget: WorkBudget;
  },
): string {
  const text = pointsOf(value, options.budget);
  const out: string[] = [];
  let length = 0;
  const put = (piece: string): void => {
    length += piece.length;
    if (length > options.limit) {
      throw new ExpansionError(`the value is longer than ${options.limit} characters`);
    }
    out.push(piece);
  };
  let copied = 0;
  let matched = 0;
  for (let from = 0; from <= text.length;) {
    const line = { text, from, to: lineEnd(text, from) };
    const match = findMatch(line, pattern, from, options.budget);
    if (!match) {
      from = line.to + 1;
      continue;
    }
    // An empty match directly behind another match is none.
    const counts = match.end > match.start || matched === 0 || match.start > copied;
    if (counts) {
      put(textOf(text.subarray(copied, match.start)));
      put(options.replacement);
      copied = match.end;
      matched += 1;
      if (!options.all) break;
    }
    from = match.end > match.start ? match.end : match.end + 1;
  }
  put(textOf(text.subarray(copied)));
  return out.join('');
}

/** A part of a text without line feeds: no wildcard matches one, so no match leaves its line. */
interface Line {
  readonly text: Uint32Array;
  readonly from: number;
  readonly to: number;
}

function findMatch(
  line: Line,
  pattern: ShellPattern,
  from: number,
  budget: WorkBudget,
): { readonly start: number; readonly end: number } | undefined {
  const first = pattern[0] ?? [];
  const start = pattern.length === 1 || first.length > 0 ? find(line, first, from, budget) : from;
  if (start === undefined) return undefined;
  const end = matchEnd(line, pattern, start, { greedy: true, budget });
  return end === undefined ? undefined : { start, end };
}

/**
 * End of the shortest or longest match that begins at `start`. Each run takes the first place
 * that fits, which leaves the most room for those behind it; only the last one has a choice.
 */
function matchEnd(
  line: Line,
  pattern: ShellPattern,
  start: number,
  options: { readonly greedy: boolean; readonly budget: WorkBudget },
): number | undefined {
  const { budget } = options;
  const first = pattern[0] ?? [];
  if (!fits(line, first, start, budget)) return undefined;
  let at = start + first.length;
  for (let index = 1; index < pattern.length; index += 1) {
    const run = pattern[index] ?? [];
    const last = index === pattern.length - 1;
    const place =
      last && options.greedy ? findLast(line, run, at, budget) : find(line, run, at, budget);
    if (place === undefined) return undefined;
    at = place + run.length;
  }
  return at;
}

function find(
  line: Line,
  run: readonly Place[],
  from: number,
  budget: WorkBudget,
): number | undefined {
  for (let at = from; at + run.length <= line.to; at += 1) {
    if (fits(line, run, at, budget)) return at;
  }
  return undefined;
}

function findLast(
  line: Line,
  run: readonly Place[],
  from: number,
  budget: WorkBudget,
): number | undefined {
  for (let at = line.to - run.length; at >= from; at -= 1) {
    if (fits(line, run, at, budget)) return at;
  }
  return undefined;
}

function fits(line: Line, run: readonly Place[], at: number, budget: WorkBudget): boolean {
  if (at + run.length > line.to) return false;
  let index = 0;
  while (index < run.length) {
    const place = run[index];
    if (place !== 'any' && place !== line.text[at + index]) break;
    index += 1;
  }
  spend(budget, index + 1);
  return index === run.length;
}

function spend(budget: WorkBudget, steps: number): void {
  budget.steps -= steps;
  if (budget.steps < 0) throw new ExpansionError('patterns of this build take too long to match');
}

function lineEnd(text: Uint32Array, from: number): number {
  const end = text.indexOf(0x0a, from);
  return end < 0 ? text.length : end;
}

function pointOf(character: string): number {
  return character.codePointAt(0) ?? 0;
}

function pointsOf(text: string, budget: WorkBudget): Uint32Array {
  spend(budget, text.length);
  const points = new Uint32Array(text.length);
  let count = 0;
  for (const character of text) {
    points[count] = pointOf(character);
    count += 1;
  }
  return points.subarray(0, count);
}

function textOf(points: Uint32Array): string {
  const parts: string[] = [];
  for (let at = 0; at < points.length; at += 8192) {
    parts.push(String.fromCodePoint(...points.subarray(at, at + 8192)));
  }
  return parts.join('');
}
