import { StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** An image has no statement of the kind that was asked for. */
export class NotAttestedError extends StaveError {
  readonly code = 'NOT_ATTESTED';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 404, ...options });
  }
}
