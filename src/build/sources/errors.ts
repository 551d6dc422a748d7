import { StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** Something that a build reads from elsewhere cannot be had. */
export class FetchError extends StaveError {
  readonly code = 'FETCH_FAILED';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 502, ...options });
  }
}
