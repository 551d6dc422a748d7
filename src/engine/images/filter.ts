import { globTest } from '../../dockerfile/match.ts';
import { familiarName, withoutSuffix } from '../../oci/reference.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';
import type { ImageFilter } from '../engine.ts';
import { ageOf } from './age.ts';
import { findIn } from './find.ts';

/** A test for images and their canonical names; returns the names to show, or undefined to leave the image out. */
export type ImageTest = (
  image: ImageRow,
  names: readonly string[],
) => readonly string[] | undefined;

/**
 * Makes the test for a filter. Looks the images of `before` and `since` up at once, so it
 * throws ImageNotFoundError for those that are not there.
 */
export function imageTest(tables: Tables, filter: ImageFilter): ImageTest {
  const ages = (texts: readonly string[] = []): number[] =>
    texts.map((text) => ageOf(findIn(tables, text).image));
  const before = Math.min(...ages(filter.before));
  const since = Math.max(...ages(filter.since));
  const until = filter.until?.getTime() ?? Infinity;
  const patterns = (filter.reference ?? []).map(globTest);
  const related = relationTest(tables, filter);
  const byLabel = filter.label !== undefined || filter.labelNot !== undefined;
  return (image, names) => {
    const age = ageOf(image);
    if (age >= before || age <= since || age >= until) return undefined;
    if (filter.dangling !== undefined && filter.dangling !== (names.length === 0)) return undefined;
    if (byLabel && !labelsFit(image.labels, filter)) return undefined;
    if (!related(image, names)) return undefined;
    if (patterns.length === 0) return names;
    const fitting = names.filter((name) => patterns.some((pattern) => nameFits(name, pattern)));
    return fitting.length > 0 ? fitting : undefined;
  };
}

/** The part of a test that goes by IDs and by what else is in the store. */
function relationTest(
  tables: Tables,
  filter: ImageFilter,
): (image: ImageRow, names: readonly string[]) => boolean {
  const { id, digest, containers, intermediate, index } = filter;
  const begins = (whole: string, beginnings: readonly string[]): boolean =>
    beginnings.some((beginning) => whole.startsWith(`sha256:${beginning}`));
  const tests: ((image: ImageRow, names: readonly string[]) => boolean)[] = [];
  if (id) tests.push((image) => begins(image.id, id));
  if (containers !== undefined) {
    const used = new Set(tables.containers.list().map((row) => row.image));
    tests.push((image) => used.has(image.id) === containers);
  }
  if (intermediate !== undefined) {
    const parents = new Set(tables.images.list().map((row) => row.parent));
    tests.push((image, names) => (names.length === 0 && parents.has(image.id)) === intermediate);
  }
  if (digest || index !== undefined) {
    const indexes = new Map(tables.images.names().map((row) => [row.name, row.index]));
    if (index !== undefined) {
      tests.push((_, names) => names.some((name) => indexes.get(name) !== undefined) === index);
    }
    if (digest) {
      tests.push(
        (image, names) =>
          begins(image.manifest.digest, digest) ||
          names.some((name) =>
            [indexes.get(name), name.split('@')[1]].some((one) => begins(one ?? '', digest)),
          ),
      );
    }
  }
  return (image, names) => tests.every((test) => test(image, names));
}

/** Whether labels have all that are wanted, and none that are not. */
export function labelsFit(
  labels: Readonly<Record<string, string>>,
  filter: Pick<ImageFilter, 'label' | 'labelNot'>,
): boolean {
  const has = (wanted: string): boolean => {
    const equals = wanted.indexOf('=');
    const key = equals < 0 ? wanted : wanted.slice(0, equals);
    if (!Object.hasOwn(labels, key)) return false;
    return equals < 0 || labels[key] === wanted.slice(equals + 1);
  };
  return (filter.label ?? []).every(has) && !(filter.labelNot ?? []).some(has);
}

/**
 * Tries a glob against the four spellings of a name: as people write it and in full, each
 * with and without its tag. `*` stays within a path component.
 */
function nameFits(name: string, fits: (spelling: string) => boolean): boolean {
  const short = familiarName(name);
  return [short, withoutSuffix(short), name, withoutSuffix(name)].some(fits);
}
