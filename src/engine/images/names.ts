import { familiarName } from '../../oci/reference.ts';
import type { NameRow } from '../../store/tables.ts';

/** Names of one image as a listing shows them. */
export interface ShownNames {
  /** Familiar names with tags, in the order of their full names. */
  readonly tags: readonly string[];
  /** Familiar `name@digest`s, likewise. */
  readonly digests: readonly string[];
}

/** Canonical names as people write them, told apart by what they end in. */
export function shownNames(names: readonly string[]): ShownNames {
  const tags: string[] = [];
  const digests: string[] = [];
  for (const name of names.length > 1 ? names.toSorted() : names) {
    (name.includes('@') ? digests : tags).push(familiarName(name));
  }
  return { tags, digests };
}

/** Rows by the image they point at. */
export function namesByImage(rows: readonly NameRow[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const { image, name } of rows) {
    const names = found.get(image);
    if (names) names.push(name);
    else found.set(image, [name]);
  }
  return found;
}
