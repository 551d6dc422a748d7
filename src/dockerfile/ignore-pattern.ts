import { type OneCharacter, readOne, takesPoint } from './match.ts';

/**
 * A pattern of `.dockerignore`, of `--exclude` or of `--parents`, ready to match paths that have
 * no slash at their ends.
 */
export interface PathPattern {
  /** Whether it matches this path itself; what lies below a match is the caller's to know. */
  matches(path: string): boolean;
  /** False when no path that begins with `directory` and a slash can match. */
  mayMatchBelow(directory: string): boolean;
  /** Where a path that matches can be found by looking up a part of it. */
  readonly index: PatternIndex;
}

/** What all matches of a pattern have in common: the whole path, the last name, or a piece of it. */
export interface PatternIndex {
  readonly by: 'path' | 'name' | 'piece';
  /** An empty piece says nothing. */
  readonly text: string;
}

/**
 * A step of a pattern.
 * - `star`: any run without a slash.
 * - `optional`: the next step may be left out.
 * - `directories`: anything that ends in a slash.
 * - `rest`: anything; the last step.
 */
type Step = OneCharacter | { readonly type: 'star' | 'optional' | 'directories' | 'rest' };

const SLASH = 0x2f;

/**
 * Reads a cleaned pattern. `**` at the start of a plain pattern matches by suffix, at the end by
 * prefix, elsewhere any number of whole directories. Matching takes time in proportion to the
 * product of the lengths at most. Throws `PatternError`.
 *
 * @see https://docs.docker.com/build/concepts/context/#syntax
 */
export function pathPattern(pattern: string): PathPattern {
  const { steps, special } = readSteps(pattern);
  if (!special) return exactly(pattern);
  const plain = steps.slice(2).every((step) => step.type === 'literal') && !pattern.includes('\\');
  return plain && steps[0]?.type === 'optional' ? bySuffix(pattern.slice(2)) : bySteps(steps);
}

function exactly(pattern: string): PathPattern {
  return {
    matches: (path) => path === pattern,
    mayMatchBelow: (directory) => pattern.startsWith(`${directory}/`),
    index: { by: 'path', text: pattern },
  };
}

/** `**` with plain text behind it is matched as text: `**b` takes `ab`, unlike `**b*`. */
function bySuffix(suffix: string): PathPattern {
  const isName = suffix[0] === '/' && !suffix.includes('/', 1);
  return {
    matches: (path) => path.endsWith(suffix) || (suffix[0] === '/' && path === suffix.slice(1)),
    mayMatchBelow: () => true,
    // A path that is the whole of `/a/b` but its slash has the same end without it.
    index: { by: isName ? 'name' : 'piece', text: suffix.replace(/^\//, '') },
  };
}

function bySteps(steps: readonly Step[]): PathPattern {
  const head = literalPrefix(steps);
  const tail = literalPrefix(steps.toReversed());
  const ending = Array.from(tail).toReversed().join('');
  const piece = longestPiece(steps);
  const machine = new Machine(steps);
  return {
    matches: (path) =>
      path.startsWith(head) &&
      path.endsWith(ending) &&
      path.includes(piece) &&
      machine.takesAllOf(path),
    mayMatchBelow(directory) {
      const prefix = `${directory}/`;
      if (!prefix.startsWith(head) && !head.startsWith(prefix)) return false;
      // At the end of the steps nothing can follow: only a step before it keeps hope alive.
      return machine.canGoOnAfter(prefix);
    },
    index: { by: 'piece', text: piece },
  };
}

/** Goes through a text with all steps that may have been reached at once. */
class Machine {
  readonly #steps: readonly Step[];
  /** By step: the code point of a literal. */
  readonly #points: Int32Array;
  /** Steps that were reached, and after them those reached by the next character. */
  #reached: Int32Array;
  #next: Int32Array;
  /** By step: the number of the last character that reached it. */
  readonly #marks: Int32Array;
  #count = 0;

  constructor(steps: readonly Step[]) {
    const room = steps.length + 1;
    this.#steps = steps;
    this.#points = Int32Array.from(steps, (step) =>
      step.type === 'literal' ? step.character.codePointAt(0)! : -1,
    );
    this.#reached = new Int32Array(room);
    this.#next = new Int32Array(room);
    this.#marks = new Int32Array(room);
  }

  takesAllOf(text: string): boolean {
    this.#run(text);
    return this.#reached.subarray(0, this.#count).includes(this.#steps.length);
  }

  canGoOnAfter(text: string): boolean {
    this.#run(text);
    return this.#reached.subarray(0, this.#count).some((step) => step < this.#steps.length);
  }

  #run(text: string): void {
    let mark = 1;
    this.#marks.fill(0);
    this.#count = this.#reach(this.#reached, 0, 0, mark);
    for (let at = 0; at < text.length && this.#count > 0;) {
      const point = text.codePointAt(at)!;
      at += point > 0xffff ? 2 : 1;
      mark += 1;
      const reached = this.#reached;
      let count = 0;
      for (let index = 0; index < this.#count; index += 1) {
        count = this.#take(reached[index]!, point, count, mark);
      }
      this.#reached = this.#next;
      this.#next = reached;
      this.#count = count;
    }
  }

  /** What one step makes of a character. */
  #take(index: number, point: number, count: number, mark: number): number {
    const step = this.#steps[index];
    if (step === undefined) return count;
    switch (step.type) {
      case 'star':
        return point === SLASH ? count : this.#reach(this.#next, count, index, mark);
      case 'rest':
        return this.#reach(this.#next, count, index, mark);
      case 'directories': {
        const more = this.#reach(this.#next, count, index, mark);
        return point === SLASH ? this.#reach(this.#next, more, index + 1, mark) : more;
      }
      case 'optional':
        return count;
      default: {
        const isTaken =
          step.type === 'literal' ? this.#points[index] === point : takesPoint(step, point);
        return isTaken ? this.#reach(this.#next, count, index + 1, mark) : count;
      }
    }
  }

  /** Adds a step, and those that are reached from it without reading. */
  #reach(list: Int32Array, count: number, index: number, mark: number): number {
    let after = this.#add(list, count, index, mark);
    for (let at = count; at < after; at += 1) {
      const step = list[at]!;
      const type = this.#steps[step]?.type;
      if (type !== 'star' && type !== 'rest' && type !== 'optional') continue;
      after = this.#add(list, after, step + 1, mark);
      if (type === 'optional') after = this.#add(list, after, step + 2, mark);
    }
    return after;
  }

  #add(list: Int32Array, count: number, index: number, mark: number): number {
    if (this.#marks[index] === mark) return count;
    this.#marks[index] = mark;
    list[count] = index;
    return count + 1;
  }
}

function readSteps(pattern: string): {
  readonly steps: readonly Step[];
  readonly special: boolean;
} {
  const characters = Array.from(pattern);
  const steps: Step[] = [];
  let special = false;
  for (let at = 0; at < characters.length;) {
    if (characters[at] !== '*') {
      const one = readOne(characters, at, pattern);
      special ||= one.place.type !== 'literal' || characters[at] === '\\';
      steps.push(one.place);
      at = one.next;
      continue;
    }
    special = true;
    at += 1;
    if (characters[at] !== '*') {
      steps.push({ type: 'star' });
      continue;
    }
    at += 1;
    if (characters[at] === '/') at += 1;
    if (at < characters.length) steps.push({ type: 'optional' }, { type: 'directories' });
    else steps.push({ type: 'rest' });
  }
  return { steps, special };
}

/** The longest run of literals: a path without it needs no closer look. */
function longestPiece(steps: readonly Step[]): string {
  let longest = '';
  let piece = '';
  for (const step of steps) {
    piece = step.type === 'literal' ? piece + step.character : '';
    if (piece.length >= longest.length) longest = piece;
  }
  return longest;
}

function literalPrefix(steps: readonly Step[]): string {
  let text = '';
  for (const step of steps) {
    if (step.type !== 'literal') break;
    text += step.character;
  }
  return text;
}
