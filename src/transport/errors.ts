import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** What was given as an image archive is none, or contradicts itself. Nothing of it was kept. */
export class InvalidArchiveError extends StaveError {
  readonly code = 'INVALID_ARCHIVE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}

/** The manifest is valid, but what it describes cannot be an image of this store. */
export class UnsupportedImageError extends StaveError {
  readonly code = 'UNSUPPORTED_IMAGE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}

/** A system error while an image moved, told with the side that failed. */
export class TransferError extends StaveError {
  readonly code = 'TRANSFER';
  readonly side: 'source' | 'destination';

  constructor(side: 'source' | 'destination', label: string, cause: Error) {
    const verb = side === 'source' ? 'read from' : 'write to';
    super(`cannot ${verb} ${label}: ${cause.message}`, { cause });
    this.side = side;
  }
}
