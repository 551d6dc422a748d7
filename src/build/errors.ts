import { isErrno, StaveError, type StaveErrorOptions } from '../base/errors.ts';

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

/** Something wrote to the files that were being read. */
export class ContextChangedError extends StaveError {
  readonly code = 'CONTEXT_CHANGED';

  /** `path` begins at the root of what was read. */
  constructor(path: Uint8Array) {
    const name = Buffer.from(path).toString().slice(1);
    super(`${name === '' ? 'the build context' : name} changed while it was read`, {
      hint: 'Nothing may write to the build context during a build.',
    });
  }
}

/** A file that COPY needs cannot be read. */
export class UnreadableSourceError extends StaveError {
  readonly code = 'SOURCE_UNREADABLE';

  constructor(path: Uint8Array, reason: string, hint: string | undefined, cause: unknown) {
    super(`cannot read ${Buffer.from(path).toString().slice(1)}: ${reason}`, { hint, cause });
  }
}

/** What a system error says of a path that begins at the root of what was read. */
export function unreadable(error: unknown, path: Uint8Array): unknown {
  if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP', 'ESTALE')) return new ContextChangedError(path);
  if (isErrno(error, 'EACCES', 'EPERM')) {
    const hint = 'Make it readable, or keep it out with .dockerignore.';
    return new UnreadableSourceError(path, 'permission denied', hint, error);
  }
  if (isErrno(error, 'ENAMETOOLONG')) {
    return new UnreadableSourceError(path, 'its path is too long', undefined, error);
  }
  if (isErrno(error, 'EIO')) {
    return new UnreadableSourceError(path, 'the disk reports an error', undefined, error);
  }
  return error;
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

/** FROM or `--from` names an image that is neither in the store nor to be had elsewhere. */
export class BaseNotFoundError extends StaveError {
  readonly code = 'BASE_NOT_FOUND';

  constructor(message: string, hint?: string, cause?: unknown) {
    super(message, { hint, httpStatus: 404, cause });
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
