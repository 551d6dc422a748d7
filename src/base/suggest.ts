/** How {@link closest} compares. */
export interface ClosestOptions {
  /** Largest number of changed, added, missing or swapped characters; 2 by default. */
  readonly max?: number;
  /** Compare without regard to case; the answer takes the case of the word when it has one. */
  readonly ignoreCase?: boolean;
}

/**
 * The candidate that the user most likely meant by `word`: the first of those with the smallest
 * edit distance. `undefined` when none is near, or when `word` is itself a candidate, for then
 * the mistake is another one.
 */
export function closest(
  word: string,
  candidates: Iterable<string>,
  options: ClosestOptions = {},
): string | undefined {
  const fold = (text: string): string => (options.ignoreCase ? text.toLowerCase() : text);
  const wanted = fold(word);
  let best: string | undefined;
  let least = (options.max ?? 2) + 1;
  for (const candidate of candidates) {
    const other = fold(candidate);
    if (other === wanted) return undefined;
    // Words that share no letter are not near, however short they are.
    const longer = Math.max(other.length, wanted.length);
    if (Math.abs(other.length - wanted.length) >= Math.min(least, longer)) continue;
    const distance = editDistance(wanted, other);
    if (distance >= Math.min(least, longer)) continue;
    least = distance;
    best = candidate;
  }
  if (best === undefined || !options.ignoreCase) return best;
  if (word === word.toLowerCase()) return best.toLowerCase();
  return word === word.toUpperCase() ? best.toUpperCase() : best;
}

/**
 * Edits between two words: letters changed, added, left out, or swapped with their neighbour. More
 * than `most` are not counted: that is `most + 1`.
 */
export function editDistance(a: string, b: string, most = Infinity): number {
  let above: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const kept = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      const swapped =
        i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]
          ? (above[j - 2] ?? 0) + 1
          : kept;
      next.push(Math.min(kept, swapped, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    if (Math.min(...next) > most) return most + 1;
    above = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
