import { PatternError } from './errors.ts';

/** One place of a pattern that takes exactly one character. */
export type OneCharacter =
  | { readonly type: 'literal'; readonly character: string }
  | { readonly type: 'any' }
  | {
      readonly type: 'class';
      readonly negated: boolean;
      readonly ranges: readonly CharacterRange[];
    };

interface CharacterRange {
  readonly from: number;
  readonly to: number;
}

/** A pattern that was read: runs of single characters with a `*` between each two. */
type Glob = readonly (readonly OneCharacter[])[];

/**
 * Whether a name matches a pattern as Go's `filepath.Match` has it: `*` and `?` match no `/`,
 * leading dots are nothing special, `[^a-z]` negates, `\c` is `c`. The whole name has to match.
 * Time grows with the product of the lengths at most. Throws {@link PatternError}.
 *
 * @see https://pkg.go.dev/path/filepath#Match
 */
export function matchesGlob(pattern: string, name: string): boolean {
  return globTest(pattern)(name);
}

/** {@link matchesGlob} for many names: the pattern is read once. Throws {@link PatternError}. */
export function globTest(pattern: string): (name: string) => boolean {
  if (!hasWildcards(pattern) && !pattern.includes('\\')) return (name) => name === pattern;
  const glob = parseGlob(pattern);
  return (name) => matches(glob, Array.from(name));
}

function matches(glob: Glob, characters: readonly string[]): boolean {
  const [first = []] = glob;
  if (!fits(first, characters, 0)) return false;
  let at = first.length;
  for (const [index, run] of glob.entries()) {
    if (index === 0) continue;
    const last = index === glob.length - 1;
    const place = last ? placeAtEnd(run, characters, at) : firstPlace(run, characters, at);
    if (place === undefined) return false;
    at = place + run.length;
  }
  return at === characters.length;
}

/** Whether a path has a character that {@link matchesGlob} takes for more than itself. */
export function hasWildcards(path: string): boolean {
  for (let at = 0; at < path.length; at += 1) {
    const character = path[at] ?? '';
    if (character === '\\') at += 1;
    else if (character === '*' || character === '?' || character === '[') return true;
  }
  return false;
}

/** Reads a pattern. Throws {@link PatternError} for a bad class and an escape at the end. */
function parseGlob(pattern: string): Glob {
  const characters = Array.from(pattern);
  const runs: OneCharacter[][] = [];
  let run: OneCharacter[] = [];
  for (let at = 0; at < characters.length;) {
    if (characters[at] === '*') {
      runs.push(run);
      run = [];
      at += 1;
      continue;
    }
    const one = readOne(characters, at, pattern);
    run.push(one.place);
    at = one.next;
  }
  runs.push(run);
  return runs;
}

/** Reads what stands for one character. Throws {@link PatternError}. */
export function readOne(
  characters: readonly string[],
  at: number,
  pattern: string,
): { readonly place: OneCharacter; readonly next: number } {
  const character = characters[at] ?? '';
  if (character === '?') return { place: { type: 'any' }, next: at + 1 };
  if (character === '[') return readClass(characters, at + 1, pattern);
  if (character !== '\\') return { place: { type: 'literal', character }, next: at + 1 };
  const escaped = characters[at + 1];
  if (escaped === undefined) throw bad(pattern);
  return { place: { type: 'literal', character: escaped }, next: at + 2 };
}

function takes(place: OneCharacter, character: string): boolean {
  if (place.type === 'literal') return place.character === character;
  return takesPoint(place, character.codePointAt(0) ?? 0);
}

/** Whether a place that is no literal takes a character. */
export function takesPoint(
  place: Exclude<OneCharacter, { readonly type: 'literal' }>,
  point: number,
): boolean {
  if (place.type === 'any') return point !== 0x2f;
  return place.ranges.some(({ from, to }) => from <= point && point <= to) !== place.negated;
}

function readClass(
  characters: readonly string[],
  start: number,
  pattern: string,
): { readonly place: OneCharacter; readonly next: number } {
  const negated = characters[start] === '^';
  const ranges: CharacterRange[] = [];
  let at = negated ? start + 1 : start;
  while (characters[at] !== ']' || ranges.length === 0) {
    const low = classMember(characters, at, pattern);
    let high = low;
    if (characters[low.next] === '-') high = classMember(characters, low.next + 1, pattern);
    ranges.push({ from: low.point, to: high.point });
    at = high.next;
  }
  return { place: { type: 'class', negated, ranges }, next: at + 1 };
}

function classMember(
  characters: readonly string[],
  at: number,
  pattern: string,
): { readonly point: number; readonly next: number } {
  const first = characters[at];
  const escaped = first === '\\';
  const member = escaped ? characters[at + 1] : first;
  if (member === undefined || first === '-' || first === ']') throw bad(pattern);
  const next = at + (escaped ? 2 : 1);
  // A class that the pattern ends in is not closed.
  if (next >= characters.length) throw bad(pattern);
  return { point: member.codePointAt(0) ?? 0, next };
}

function bad(pattern: string): PatternError {
  return new PatternError(`syntax error in pattern: ${pattern}`);
}

function fits(run: readonly OneCharacter[], name: readonly string[], at: number): boolean {
  if (at + run.length > name.length) return false;
  return run.every((place, index) => takes(place, name[at + index] ?? ''));
}

/** The first place where a run fits; what lies before it is taken by a `*`, so no `/` may. */
function firstPlace(
  run: readonly OneCharacter[],
  name: readonly string[],
  from: number,
): number | undefined {
  for (let at = from; at + run.length <= name.length; at += 1) {
    if (fits(run, name, at)) return at;
    if (name[at] === '/') return undefined;
  }
  return undefined;
}

function placeAtEnd(
  run: readonly OneCharacter[],
  name: readonly string[],
  from: number,
): number | undefined {
  const at = name.length - run.length;
  if (at < from || !fits(run, name, at)) return undefined;
  return name.slice(from, at).includes('/') ? undefined : at;
}
