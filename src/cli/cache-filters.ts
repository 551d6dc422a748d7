import { InvalidInputError } from '../base/errors.ts';
import type { CacheCondition, CacheFilter } from '../engine/system-types.ts';
import { invalid, parseTime, type FilterPair } from './filters.ts';

const TEXTS = ['id', 'parent', 'type', 'description'] as const;
const SWITCHES = ['inuse', 'shared', 'private', 'mutable', 'immutable'] as const;

/** What {@link cacheFilter} knows. */
export const CACHE_FILTER_KEYS: readonly string[] = [...TEXTS, ...SWITCHES, 'until'].toSorted();

/**
 * The filters of `builder prune` and `buildx du`: `until=24h` (or `unused-for`), texts with `=`,
 * `!=` or, for a pattern, `~=`, and properties that are true or false. Throws InvalidInputError.
 */
export function cacheFilter(pairs: readonly FilterPair[], now: Date): CacheFilter {
  const conditions: CacheCondition[] = [];
  let usedBefore: Date | undefined;
  for (const { key, value } of pairs) {
    if (key === 'until' || key === 'unused-for') {
      if (usedBefore) throw new InvalidInputError('more than one until filter specified');
      usedBefore = parseTime(value, now);
    } else {
      conditions.push(condition(key, value));
    }
  }
  return { ...(usedBefore && { usedBefore }), conditions };
}

function condition(key: string, value: string): CacheCondition {
  const name = key.replace(/[!~]$/, '');
  const match = key.endsWith('!') ? 'not' : key.endsWith('~') ? 'like' : 'is';
  const property = name === 'parents' ? 'parent' : name;
  const text = TEXTS.find((one) => one === property);
  if (text) return { property: text, match, value };
  const toggle = SWITCHES.find((one) => one === property);
  if (!toggle || match === 'like') throw invalid(key);
  if (!/^(?:1|0|true|false|)$/i.test(value)) throw invalid(`${key}=${value}`);
  return { property: toggle, match, value: String(!/^(?:0|false)$/i.test(value)) };
}
