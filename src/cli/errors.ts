import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** No object of any kind, or of the kind asked for, answers to this name. */
export class ObjectNotFoundError extends StaveError {
  readonly code = 'OBJECT_NOT_FOUND';

  constructor(kind: string, name: string) {
    super(`No such ${kind}: ${name}`, { httpStatus: 404 });
  }
}

/** Something is larger, or worse, than was allowed with a flag. */
export class LimitError extends StaveError {
  readonly code = 'LIMIT_EXCEEDED';
}

/** Two things could not be compared. */
export class ComparisonError extends StaveError {
  readonly code = 'NOT_COMPARED';
}

/** A Dockerfile that was to be checked cannot be built at all. */
export class DockerfileCheckError extends StaveError {
  readonly code = 'BUILD_FAILED';

  constructor(message: string, options: StaveErrorOptions) {
    super(`failed to build: failed to solve: ${message}`, options);
  }
}

/** What was to be printed could not be written, for another reason than a full disk. */
export class OutputError extends StaveError {
  readonly code = 'OUTPUT_FAILED';

  constructor(cause: unknown) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    super(`cannot write to standard output: ${reason}`, { cause });
  }
}
