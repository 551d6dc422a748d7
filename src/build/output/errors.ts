import { StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** What was built cannot be put where it was to go. Nothing half-written is left there. */
export class OutputError extends StaveError {
  readonly code = 'BUILD_OUTPUT';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}
