import { InvalidInputError, StaveError } from '../base/errors.ts';
import { shownName } from '../layer/errors.ts';
import type { DiffId } from '../oci/digest.ts';

/** A layer from outside holds an entry that no layer may hold. */
export class LayerEntryError extends InvalidInputError {
  readonly path: Uint8Array;
  /** What is wrong with it, as the rest of a sentence. */
  readonly what: string;

  constructor(path: Uint8Array, what: string) {
    super(`refused layer: ${quoted(path)} ${what}`, {
      hint: 'Tell the maker of the image: the layer breaks the image specification.',
    });
    this.path = path;
    this.what = what;
  }
}

/** What a RUN or a COPY left behind cannot be written as a layer. */
export class UnwritableLayerError extends StaveError {
  readonly code = 'UNWRITABLE_LAYER';

  constructor(path: Uint8Array, what: string) {
    super(`${quoted(path)} cannot be kept in an image: ${what}`, {
      hint: 'Remove or rename it in the step that made it.',
    });
  }
}

/** A layer that something names is not in the store. */
export class LayerMissingError extends StaveError {
  readonly code = 'LAYER_MISSING';

  constructor(layer: DiffId) {
    super(`layer ${layer} is not in the store`, {
      hint: "Run 'stave fsck' to see what else is missing, then get or build the image again.",
      httpStatus: 404,
    });
  }
}

/** A layer in the store is not what it was when it was stored. */
export class LayerDamagedError extends StaveError {
  readonly code = 'LAYER_DAMAGED';

  constructor(layer: DiffId, what: string) {
    super(`layer ${layer} in the store is damaged: ${what}`, {
      hint: 'Remove the images that use it, then get or build them again.',
    });
  }
}

/** A path as text for messages: escaped, short, on one line. */
export const quoted: (path: Uint8Array) => string = shownName;
