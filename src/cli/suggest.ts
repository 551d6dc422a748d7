import { editDistance } from '../base/suggest.ts';

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
  return Math.abs(typed.length - name.length) > limit ? Infinity : editDistance(typed, name);
}
