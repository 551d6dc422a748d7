import { familiar, parseReference } from '../../oci/reference.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import { ImageNotFoundError, NotANameError } from '../errors.ts';
import { findIn } from './find.ts';

/**
 * Takes a name away from its image, which stays. Returns the familiar name.
 *
 * Throws ImageNotFoundError, NotANameError for an ID, InvalidReferenceError.
 */
export function untagImage(store: Store, text: string): string {
  return store.write((tables) => {
    const { image, by } = findIn(tables, text);
    if ('id' in by) throw new NotANameError(text, namesOf(tables, image.id));
    const now = store.clock.now().getTime();
    tables.images.untag(by.name);
    tables.images.use(image.id, now);
    recordImage(tables, 'untag', image.id, now, by.name);
    return familiar(parseReference(by.name));
  });
}

/** True when an image goes by this name or ID. Throws InvalidReferenceError, AmbiguousImageError. */
export function imageExists(store: Store, text: string): boolean {
  return store.read((tables) => {
    try {
      findIn(tables, text);
      return true;
    } catch (error) {
      if (error instanceof ImageNotFoundError) return false;
      throw error;
    }
  });
}

function namesOf(tables: Tables, id: Parameters<Tables['images']['get']>[0]): string[] {
  return tables.images.names(id).map(({ name }) => familiar(parseReference(name)));
}
