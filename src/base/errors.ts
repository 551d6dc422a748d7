/** Process exit codes that scripts written for `docker` already rely on. */
export const Exit = {
  ok: 0,
  failure: 1,
  template: 64,
  usage: 125,
  cannotInvoke: 126,
  notFound: 127,
  interrupted: 130,
  terminated: 143,
} as const;

/** What an error carries besides its message. */
export interface StaveErrorOptions {
  /** What to try next: one sentence, shown under the message after `Hint: `. */
  readonly hint?: string | undefined;
  /** Lines to show before the message, such as the excerpt of a Dockerfile. */
  readonly detail?: string | undefined;
  /** Process exit code; 1 by default. See {@link Exit}. */
  readonly exitCode?: number;
  /** Status for the doors that speak HTTP; 500 by default. */
  readonly httpStatus?: number;
  /** The error that made this one; shown with `--debug` only. */
  readonly cause?: unknown;
}

/**
 * The base of every error a user can meet. `code` is stable API; the wording of
 * `message` is not. Bugs stay plain `Error`s, so they reach the user with a stack.
 */
export abstract class StaveError extends Error {
  abstract readonly code: string;
  readonly hint: string | undefined;
  readonly detail: string | undefined;
  readonly exitCode: number;
  readonly httpStatus: number;

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.hint = options.hint;
    this.detail = options.detail;
    this.exitCode = options.exitCode ?? Exit.failure;
    this.httpStatus = options.httpStatus ?? 500;
  }
}

/** The user asked for something in a way that cannot be understood. Exit code 125 unless given. */
export class UsageError extends StaveError {
  readonly code = 'USAGE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { exitCode: Exit.usage, httpStatus: 400, ...options });
  }
}

/** Input from outside breaks a rule of its format or a bound; nothing of it was kept. */
export class InvalidInputError extends StaveError {
  readonly code = 'INVALID_INPUT';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}

/** Bytes did not hash to the digest they were asked for by. Never retried blindly. */
export class DigestMismatchError extends StaveError {
  readonly code = 'DIGEST_MISMATCH';
  readonly expected: string;
  readonly actual: string;

  constructor(expected: string, actual: string, where: string) {
    super(`content from ${where} is ${actual}, expected ${expected}`, {
      hint: 'It was damaged on its way or changed under its name; nothing was stored.',
      httpStatus: 400,
    });
    this.expected = expected;
    this.actual = actual;
  }
}

/** The file system that holds the store is full. */
export class DiskFullError extends StaveError {
  readonly code = 'DISK_FULL';

  constructor(path: string, cause?: unknown) {
    super(`no space left on device while writing ${path}`, {
      hint: "Free space there, for example with 'stave image prune', and try again.",
      httpStatus: 507,
      cause,
    });
  }
}

/** True for a system error of Node or of `sys` with one of these codes (`ENOENT`, …). */
export function isErrno(error: unknown, ...codes: readonly string[]): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    codes.includes(error.code)
  );
}
