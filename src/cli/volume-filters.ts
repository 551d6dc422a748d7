import type { VolumeFilter } from '../engine/volume-types.ts';
import { grouped, invalid, type FilterPair } from './filters.ts';

/** The keys that `volume ls` takes. */
export const VOLUME_LIST_KEYS: readonly string[] = ['dangling', 'driver', 'label', 'name'];
/** The keys that `volume prune` takes. */
export const VOLUME_PRUNE_KEYS: readonly string[] = ['all', 'label', 'label!'];

/** The filters of `volume ls` and `volume prune`. Throws InvalidInputError. */
export function volumeFilter(
  pairs: readonly FilterPair[],
  keys: readonly string[],
): VolumeFilter & { readonly all?: boolean } {
  const values = grouped(pairs, keys);
  const list = (key: string): readonly string[] | undefined => values.get(key);
  const [name, driver, label, labelNot] = ['name', 'driver', 'label', 'label!'].map(list);
  const dangling = booleanOf('dangling', values.get('dangling'));
  const all = booleanOf('all', values.get('all'));
  return {
    ...(name && { name }),
    ...(driver && { driver }),
    ...(label && { label }),
    ...(labelNot && { labelNot }),
    ...(dangling !== undefined && { dangling }),
    ...(all !== undefined && { all }),
  };
}

function booleanOf(key: string, texts: readonly string[] | undefined): boolean | undefined {
  if (!texts) return undefined;
  if (texts.every((text) => /^(?:1|true)$/i.test(text))) return true;
  if (texts.every((text) => /^(?:0|false)$/i.test(text))) return false;
  throw invalid(`${key}=[${texts.join(' ')}]`);
}
