import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/**
 * A build stopped. The message is the reason with the builder's usual lead-in; `detail`, when
 * there, is the excerpt of the Dockerfile that shows where.
 */
export class BuildError extends StaveError {
  readonly code = 'BUILD_FAILED';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(`failed to build: ${message}`, options);
  }
}

/** A COPY or ADD source is not in the context, or an ignore rule hides it. */
export class SourceNotFoundError extends StaveError {
  readonly code = 'SOURCE_NOT_FOUND';

  constructor(path: string, hint?: string) {
    super(`failed to compute cache key: "${path}": not found`, { hint, httpStatus: 404 });
  }
}

/** The command of a RUN ended with something other than 0. */
export class RunFailedError extends StaveError {
  readonly code = 'RUN_FAILED';
  /** What the command returned; undefined when a signal ended it. */
  readonly status: number | undefined;

  constructor(argv: readonly string[], end: { code: number } | { signal: string }, hint?: string) {
    const how = 'code' in end ? `exit code: ${end.code}` : `killed by ${end.signal}`;
    super(`process "${argv.join(' ')}" did not complete successfully: ${how}`, { hint });
    this.status = 'code' in end ? end.code : undefined;
  }
}

/** The command of a RUN could not be started. */
export class NotStartedError extends StaveError {
  readonly code: string;

  constructor(cause: StaveError, hint: string | undefined) {
    super(cause.message, { hint, cause });
    this.code = cause.code;
  }
}

/** FROM or `--from` names an image that is not in the store. */
export class BaseNotFoundError extends StaveError {
  readonly code = 'BASE_NOT_FOUND';

  constructor(name: string, hint?: string) {
    super(`${name}: there is no such image in the store`, {
      hint: hint ?? "Build it, or bring it in with 'stave load' or 'stave import'.",
      httpStatus: 404,
    });
  }
}

/** A RUN wants more than the build was allowed. */
export class NotAllowedError extends StaveError {
  readonly code = 'NOT_ALLOWED';

  constructor(entitlement: string) {
    super(`${entitlement} is not allowed`, {
      hint: `Allow it with --allow ${entitlement}.`,
      httpStatus: 403,
    });
  }
}

/** A required secret, key or device that the build was not given. */
export class NotGivenError extends StaveError {
  readonly code = 'NOT_GIVEN';

  constructor(message: string, hint: string) {
    super(message, { hint });
  }
}

/** `--cache-to` failed; the image itself was built. */
export class CacheExportError extends StaveError {
  readonly code = 'CACHE_EXPORT';

  constructor(label: string, cause: Error) {
    super(`failed to export cache to ${label}: ${cause.message}`, {
      hint:
        cause instanceof StaveError && cause.hint !== undefined
          ? cause.hint
          : 'The image was built. With ignore-error=true this would be a warning.',
      cause,
    });
  }
}
