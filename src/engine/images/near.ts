import { editDistance } from '../../base/suggest.ts';

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
