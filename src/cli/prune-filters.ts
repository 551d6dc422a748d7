import type { Context } from './command.ts';
import { dockerSettings } from './docker-settings.ts';
import type { FilterPair } from './filters.ts';

/**
 * The filters that were typed, and those of `pruneFilters` in Docker's config.json, which hold for
 * every prune. A label that was typed wins over one there that says the contrary.
 */
export function pruneFilters(
  context: Pick<Context, 'env' | 'stderr'>,
  typed: readonly FilterPair[],
): readonly FilterPair[] {
  const has = (key: string, value: string): boolean =>
    typed.some((one) => one.key === key && one.value === value);
  const set = dockerSettings(context, 'pruneFilters').flatMap((text): FilterPair[] => {
    const at = text.indexOf('=');
    if (at < 0) return [];
    const [key, value] = [text.slice(0, at), text.slice(at + 1)];
    if (key === 'label' && has('label!', value)) return [];
    if (key === 'label!' && has('label', value)) return [];
    return has(key, value) ? [] : [{ key, value }];
  });
  return [...typed, ...set];
}
