import { StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** A `--format` template that cannot be read, or that fails on the data it is given. */
export class TemplateError extends StaveError {
  readonly code = 'TEMPLATE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(`template parsing error: template: ${message}`, options);
  }
}
