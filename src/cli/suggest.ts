/** Up to `most` of the candidates that are close to what was typed, closest first. */
export function suggest(typed: string, candidates: Iterable<string>, most = 3): string[] {
  const word = typed.toLowerCase();
  const limit = Math.max(1, Math.floor(word.length / 3));
  return [...new Set(candidates)]
    .map((name) => ({ name, distance: nearness(word, name.toLowerCase(), limit) }))
    .filter(({ distance }) => distance <= limit)
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, most)
    .map(({ name }) => name);
}

/** The question that offers them; undefined when there are none. */
export function didYouMean(names: readonly string[]): string | undefined {
  return names.length === 0
    ? undefined
    : `Did you mean ${names.map((name) => `'${name}'`).join(' or ')}?`;
}

function nearness(typed: string, name: string, limit: number): number {
  if (typed.length > 1 && name.startsWith(typed)) return 0.5;
  return Math.abs(typed.length - name.length) > limit ? Infinity : distance(typed, name);
}

/** Edits (insert, delete, replace, swap of neighbours) between two words. */
function distance(a: string, b: string): number {
  let older: number[] = [];
  let above = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      let best = Math.min(
        (above[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (above[j - 1] ?? 0) + (same ? 0 : 1),
      );
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        best = Math.min(best, (older[j - 2] ?? 0) + 1);
      }
      row.push(best);
    }
    older = above;
    above = row;
  }
  return above[b.length] ?? 0;
}
