import { InvalidInputError } from '../base/errors.ts';
import type { ImageFilter } from '../engine/engine.ts';
import { goDuration } from './durations.ts';

/** One `--filter key=value`. */
export interface FilterPair {
  readonly key: string;
  readonly value: string;
}

/** The keys of {@link imageListFilter}: Docker's, and those that Podman has besides. */
export const IMAGE_LIST_KEYS: readonly string[] = [
  'after',
  'before',
  'containers',
  'dangling',
  'digest',
  'id',
  'intermediate',
  'label',
  'label!',
  'manifest',
  'reference',
  'since',
  'until',
];

/** The filters of `image ls`. Throws InvalidInputError. */
export function imageListFilter(pairs: readonly FilterPair[], now: Date): ImageFilter {
  const values = grouped(pairs, IMAGE_LIST_KEYS);
  const since = [...(values.get('since') ?? []), ...(values.get('after') ?? [])];
  const [ids, digests] = [values.get('id'), values.get('digest')];
  return {
    ...common(values, now),
    ...listOf(values, 'label!', 'labelNot'),
    ...listOf(values, 'before', 'before'),
    ...(since.length > 0 && { since }),
    ...listOf(values, 'reference', 'reference'),
    ...(ids && { id: ids.map(withoutAlgorithm) }),
    ...(digests && { digest: digests.map(withoutAlgorithm) }),
    ...flagOf(values, 'containers', 'containers'),
    ...flagOf(values, 'intermediate', 'intermediate'),
    ...flagOf(values, 'manifest', 'index'),
  };
}

const withoutAlgorithm = (text: string): string => text.replace(/^sha256:/, '');

function flagOf<K extends keyof ImageFilter>(
  values: ReadonlyMap<string, readonly string[]>,
  key: string,
  as: K,
): { readonly [P in K]?: boolean } {
  const list = values.get(key);
  const is = list === undefined ? {} : { [as]: booleanOf(key, list) };
  return is as { readonly [P in K]?: boolean };
}

/** The keys of {@link imagePruneFilter}. */
export const IMAGE_PRUNE_KEYS: readonly string[] = ['dangling', 'label', 'label!', 'until'];

/** The filters of `image prune`, or those of `keys`. Throws InvalidInputError. */
export function imagePruneFilter(
  pairs: readonly FilterPair[],
  now: Date,
  keys: readonly string[] = IMAGE_PRUNE_KEYS,
): ImageFilter {
  const values = grouped(pairs, keys);
  return { ...common(values, now), ...listOf(values, 'label!', 'labelNot') };
}

/** Values by key. Throws InvalidInputError for a key that is not among those known. */
export function grouped(
  pairs: readonly FilterPair[],
  known: readonly string[],
): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const { key, value } of pairs) {
    if (!known.includes(key)) throw invalid(key);
    values.set(key, [...(values.get(key) ?? []), value]);
  }
  return values;
}

/** The error for a filter that is not known or has a wrong value. */
export function invalid(what: string): InvalidInputError {
  return new InvalidInputError(`invalid filter '${what}'`);
}

function common(values: ReadonlyMap<string, readonly string[]>, now: Date): ImageFilter {
  const dangling = values.get('dangling');
  const until = values.get('until');
  if (until !== undefined && until.length > 1) {
    throw new InvalidInputError('more than one until filter specified');
  }
  return {
    ...(dangling && { dangling: booleanOf('dangling', dangling) }),
    ...listOf(values, 'label', 'label'),
    ...(until?.[0] !== undefined && { until: parseTime(until[0], now) }),
  };
}

function listOf<K extends keyof ImageFilter>(
  values: ReadonlyMap<string, readonly string[]>,
  key: string,
  as: K,
): { readonly [P in K]?: readonly string[] } {
  const list = values.get(key);
  return (list === undefined ? {} : { [as]: list }) as { readonly [P in K]?: readonly string[] };
}

function booleanOf(key: string, values: readonly string[]): boolean {
  const [value] = values;
  if (values.every((one) => one === '1' || one.toLowerCase() === 'true')) return true;
  if (values.every((one) => one === '0' || one.toLowerCase() === 'false')) return false;
  throw invalid(`${key}=[${values.join(' ') || value}]`);
}

/**
 * A time as filters take it: a duration back from now (`24h`), Unix seconds, or a date with
 * optional time of day and zone, the local one by default. Throws InvalidInputError.
 */
export function parseTime(text: string, now: Date): Date {
  const time = timeOf(text, now);
  // Durations and seconds may lead beyond all dates.
  if (time && !Number.isNaN(time.getTime())) return time;
  throw new InvalidInputError(`failed to parse value as time or duration: ${JSON.stringify(text)}`);
}

function timeOf(text: string, now: Date): Date | undefined {
  const duration = goDuration(text);
  if (duration !== undefined) return new Date(now.getTime() - duration);
  if (/^-?\d+(?:\.\d{1,9})?$/.test(text)) return new Date(Number(text) * 1000);
  const match =
    /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d)(?::(\d\d)(?::(\d\d)(\.\d+)?)?)?)?(Z|[+-]\d\d:\d\d)?$/.exec(
      text,
    );
  return match ? dateOf(match) : undefined;
}

function dateOf(match: RegExpExecArray): Date | undefined {
  const [, year, month, day, hour = '00', minute = '00', second = '00', fraction = '', zone = ''] =
    match;
  const text = `${year}-${month}-${day}T${hour}:${minute}:${second}${fraction.slice(0, 4)}${zone}`;
  const time = new Date(text);
  // JavaScript takes February 30th for a day in March.
  const exists = new Date(`${year}-${month}-${day}T00:00:00Z`).getUTCDate() === Number(day);
  return Number.isNaN(time.getTime()) || !exists ? undefined : time;
}
