import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Where it is written what differs from Docker, and why. */
export const DIFFERENCES = join(import.meta.dirname, 'differences.md');

/** What differences.md holds. */
export interface Differences {
  /** The lines that differ, by recording: `-` Docker's, `+` stave's. */
  readonly accepted: ReadonlyMap<string, string>;
  /** Recordings that are not replayed. */
  readonly left: readonly string[];
}

/** Reads the list. */
export function differences(text = readFileSync(DIFFERENCES, 'utf8')): Differences {
  const accepted = new Map<string, string>();
  for (const [, id = '', lines = ''] of text.matchAll(/^\*\*(T\d{3})\*\*\n\n```diff\n([^]*?)```$/gm)) {
    if (accepted.has(id)) throw new Error(`${id} is listed twice`);
    accepted.set(id, lines);
  }
  const [, rest = ''] = text.split('\n## Not replayed\n');
  const left = [...rest.matchAll(/\bT(\d{3})(?:–T(\d{3}))?/g)].flatMap(([, from, to = from]) =>
    Array.from(
      { length: Number(to) - Number(from) + 1 },
      (_, index) => `T${String(Number(from) + index).padStart(3, '0')}`,
    ),
  );
  return { accepted, left };
}

/** The lines in which two texts differ, in order: `-` only in the first, `+` only in the second. */
export function difference(before: readonly string[], after: readonly string[]): string {
  // The lengths of the longest common subsequences of what is left from each place.
  const common = [...before, ''].map(() => [...after, ''].map(() => 0));
  const at = (i: number, j: number): number => common[i]?.[j] ?? 0;
  for (let i = before.length - 1; i >= 0; i--) {
    for (let j = after.length - 1; j >= 0; j--) {
      const row = common[i];
      if (!row) continue;
      row[j] = before[i] === after[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const found: string[] = [];
  let [i, j] = [0, 0];
  while (i < before.length || j < after.length) {
    if (i < before.length && j < after.length && before[i] === after[j]) {
      i++;
      j++;
    } else if (j >= after.length || (i < before.length && at(i + 1, j) >= at(i, j + 1))) {
      found.push(`-${before[i++]}\n`);
    } else found.push(`+${after[j++]}\n`);
  }
  return found.join('');
}
