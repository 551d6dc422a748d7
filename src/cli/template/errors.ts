import { Exit, StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** A `--format` template that cannot be read, or that fails on the data it is given. */
export class TemplateError extends StaveError {
  readonly code = 'TEMPLATE';
  readonly reason: string;

  constructor(reason: string, options: StaveErrorOptions = {}) {
    super(`template parsing error: template: ${reason}`, options);
    this.reason = reason;
  }

  /** The same with the exit code of `inspect` for templates that cannot even be read. */
  static unreadable(error: TemplateError): TemplateError {
    return new TemplateError(error.reason, { exitCode: Exit.template });
  }
}
