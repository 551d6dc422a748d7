import { getSystemErrorMessage, getSystemErrorName } from 'node:util';
import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/**
 * A system call made through FFI that failed. It has the shape of Node's own system errors
 * (`code` is `ENOENT`, …), so that `isErrno` of base/ knows both. Not for users as it is:
 * whoever knows what the call was for translates it.
 */
export class ErrnoError extends Error {
  readonly code: string;
  readonly errno: number;
  readonly syscall: string;
  readonly path: string | undefined;

  constructor(errno: number, syscall: string, path?: string | Uint8Array) {
    const place = path === undefined ? undefined : Buffer.from(path).toString();
    const code = getSystemErrorName(-errno);
    super(
      `${code}: ${getSystemErrorMessage(-errno)}, ${syscall}${place === undefined ? '' : ` '${place}'`}`,
    );
    this.name = 'ErrnoError';
    this.code = code;
    this.errno = -errno;
    this.syscall = syscall;
    this.path = place;
  }
}

/** The binary part of the `koffi` package, through which system calls are made, cannot be loaded. */
export class NativeMissingError extends StaveError {
  readonly code = 'NATIVE_MISSING';

  constructor(cause: unknown) {
    super('the native part of the koffi package for this machine is not installed', {
      hint: 'Install stave again without --omit=optional.',
      cause,
    });
  }
}

/** The process may not do what was asked, because it does not run as root. */
export class NotPrivilegedError extends StaveError {
  readonly code = 'NOT_PRIVILEGED';

  constructor(what: string, cause?: unknown) {
    super(`${what} needs root`, {
      hint: "Run the command as root; 'stave doctor' says what other users lack.",
      httpStatus: 403,
      cause,
    });
  }
}

/** A user who is not root cannot have a namespace in which he is. */
export class NamespaceError extends StaveError {
  readonly code = 'USER_NAMESPACE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, options);
  }
}

/** The kernel cannot do what is needed here. */
export class KernelError extends StaveError {
  readonly code = 'KERNEL';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, options);
  }
}

/** A program of the host that stave starts for some jobs is not installed. */
export class HelperMissingError extends StaveError {
  readonly code = 'HELPER_MISSING';

  constructor(program: string) {
    super(`the program ${program} is not installed on this machine`, {
      hint: `Install it, for example with 'apt-get install ${PACKAGES.get(program) ?? program}'.`,
    });
  }
}

/** A program of the host ended with an error. */
export class HelperFailedError extends StaveError {
  readonly code = 'HELPER_FAILED';

  constructor(program: string, how: string, said: string) {
    const last = said.trim().split('\n').at(-1) ?? '';
    super(`${program} ${how}${last === '' ? '' : `: ${last.slice(0, 500)}`}`);
  }
}

/** Debian packages whose name is not that of their program. */
const PACKAGES = new Map([['xz', 'xz-utils']]);
