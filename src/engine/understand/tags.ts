import type { Digest } from '../../oci/digest.ts';
import { familiar, parseReference } from '../../oci/reference.ts';
import type { Tables } from '../../store/tables.ts';

/** Familiar names with tags of an image, sorted. */
export function tagsOf(tables: Tables, id: Digest): string[] {
  return tables.images
    .names(id)
    .filter(({ name }) => !name.includes('@'))
    .map(({ name }) => familiar(parseReference(name)))
    .sort();
}
