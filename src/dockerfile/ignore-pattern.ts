import { type OneCharacter, readOne, takes } from './match.ts';

/**
 * A pattern of `.dockerignore`, of `--exclude` or of `--parents`, ready to match paths that have
 * no slash at their ends.
 */
export interface PathPattern {
  /** Whether it matches this path itself; what lies below a match is the caller's to know. */
  matches(path: string): boolean;
  /** False when no path that begins with `directory` and a slash can match. */
  mayMatchBelow(directory: string): boolean;
}

/**
 * A step of a pattern.
 * - `star`: any run without a slash.
 * - `optional`: the next step may be left out.
 * - `directories`: anything that ends in a slash.
 * - `rest`: anything; the last step.
 */
type Step = OneCharacter | { readonly type: 'star' | 'optional' | 'directories' | 'rest' };

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
  };
}

/** `**` with plain text behind it is matched as text: `**b` takes `ab`, unlike `**b*`. */
function bySuffix(suffix: string): PathPattern {
  return {
    matches: (path) => path.endsWith(suffix) || (suffix[0] === '/' && path === suffix.slice(1)),
    mayMatchBelow: () => true,
  };
}

function bySteps(steps: readonly Step[]): PathPattern {
  const head = literalPrefix(steps);
  const tail = literalPrefix(steps.toReversed());
  const ending = Array.from(tail).toReversed().join('');
  const full = steps.length;
  return {
    matches(path) {
      if (!path.startsWith(head) || !path.endsWith(ending)) return false;
      return reach(steps, path).includes(full);
    },
    mayMatchBelow(directory) {
      const prefix = `${directory}/`;
      if (!prefix.startsWith(head) && !head.startsWith(prefix)) return false;
      // At the end of the steps nothing can follow: only a step before it keeps hope alive.
      return reach(steps, prefix).some((step) => step < full);
    },
  };
}

/** The numbers of steps that may have been taken when all of the text was read. */
function reach(steps: readonly Step[], text: string): number[] {
  let current = closure(steps, [0]);
  for (const character of text) {
    const next: number[] = [];
    for (const index of current) {
      const step = steps[index];
      if (!step) continue;
      switch (step.type) {
        case 'star':
          if (character !== '/') next.push(index);
          break;
        case 'rest':
          next.push(index);
          break;
        case 'directories':
          next.push(index);
          if (character === '/') next.push(index + 1);
          break;
        case 'optional':
          break;
        default:
          if (takes(step, character)) next.push(index + 1);
      }
    }
    if (next.length === 0) return [];
    current = closure(steps, next);
  }
  return current;
}

/** Adds the steps that are reached without reading. */
function closure(steps: readonly Step[], reached: readonly number[]): number[] {
  const all = new Set(reached);
  for (const index of all) {
    const type = steps[index]?.type;
    if (type === 'star' || type === 'rest') all.add(index + 1);
    if (type === 'optional') all.add(index + 1).add(index + 2);
  }
  return [...all];
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

function literalPrefix(steps: readonly Step[]): string {
  let text = '';
  for (const step of steps) {
    if (step.type !== 'literal') break;
    text += step.character;
  }
  return text;
}
