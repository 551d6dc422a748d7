/**
 * The candidates that look most like `text`, best first, two at most: those that differ by a
 * third of its letters or less, for "did you mean".
 */
export function nearest(text: string, candidates: Iterable<string>): string[] {
  const bound = Math.max(1, Math.floor(text.length / 3));
  const close: { name: string; distance: number }[] = [];
  for (const name of candidates) {
    if (Math.abs(name.length - text.length) > bound) continue;
    const distance = editDistance(text, name, bound);
    if (distance <= bound) close.push({ name, distance });
  }
  return close
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 2)
    .map((one) => one.name);
}

/** Insertions, deletions, replacements and swaps of neighbours; anything past `bound` is `bound + 1`. */
function editDistance(a: string, b: string, bound: number): number {
  let before: number[] = [];
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const same = a[i - 1] === b[j - 1];
      let cost = Math.min(
        (row[j] ?? 0) + 1,
        (next[j - 1] ?? 0) + 1,
        (row[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        cost = Math.min(cost, (before[j - 2] ?? 0) + 1);
      }
      next.push(cost);
    }
    if (Math.min(...next) > bound) return bound + 1;
    before = row;
    row = next;
  }
  return row[b.length] ?? 0;
}
