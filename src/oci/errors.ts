import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** A text is no image name, or not one that may be used here. Docker's own words. */
export class InvalidReferenceError extends StaveError {
  readonly code = 'INVALID_REFERENCE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}
