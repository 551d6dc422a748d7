import { InvalidReferenceError } from '../../oci/errors.ts';
import { canonicalName, parseTagTarget } from '../../oci/reference.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import { findIn } from './find.ts';

/**
 * Puts a name on an image, or on an index, taking it away from the one that had it.
 *
 * Throws ImageNotFoundError, AmbiguousImageError, InvalidReferenceError.
 */
export function tagImage(store: Store, source: string, target: string): void {
  const name = targetName(target);
  store.write((tables) => {
    const { image, index } = findIn(tables, source);
    const now = store.clock.now().getTime();
    tables.images.tag(name, image.id, now, index?.digest);
    tables.images.use(image.id, now);
    recordImage(tables, 'tag', image.id, now, name);
  });
}

/** The canonical name; a text of the wrong form is told with the text. */
function targetName(target: string): string {
  try {
    return canonicalName(parseTagTarget(target));
  } catch (error) {
    if (!(error instanceof InvalidReferenceError) || error.message.startsWith('refusing')) {
      throw error;
    }
    throw new InvalidReferenceError(
      `${JSON.stringify(target)} is not a valid repository/tag: ${error.message}`,
      { cause: error, hint: error.hint },
    );
  }
}
