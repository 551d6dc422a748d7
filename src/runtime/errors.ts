import { Exit, StaveError } from '../base/errors.ts';

/** No OCI runtime on this machine can start a process. */
export class RuntimeMissingError extends StaveError {
  readonly code = 'RUNTIME_MISSING';

  constructor(message = 'no OCI runtime found (crun or runc)', cause?: unknown) {
    super(message, {
      hint: "Install one, for example with 'apt-get install crun'.",
      exitCode: Exit.usage,
      cause,
    });
  }
}

/** The program to run is not in the root file system. Exit code 127. */
export class CommandNotFoundError extends StaveError {
  readonly code = 'COMMAND_NOT_FOUND';

  constructor(message: string, hint?: string) {
    super(message, { exitCode: Exit.notFound, httpStatus: 400, hint });
  }
}

/** The program to run is there but cannot be executed. Exit code 126. */
export class CommandNotExecutableError extends StaveError {
  readonly code = 'COMMAND_NOT_EXECUTABLE';

  constructor(message: string, hint?: string) {
    super(message, { exitCode: Exit.cannotInvoke, httpStatus: 400, hint });
  }
}

/** The runtime could not set the process up; nothing of it ran. Exit code 125. */
export class RuntimeFailedError extends StaveError {
  readonly code = 'RUNTIME_FAILED';

  constructor(message: string, hint?: string) {
    super(message, { exitCode: Exit.usage, hint });
  }
}

/** A user or group cannot be found in, or read from, the root file system. */
export class UnknownUserError extends StaveError {
  readonly code = 'UNKNOWN_USER';

  constructor(message: string, hint?: string) {
    super(message, { exitCode: Exit.usage, httpStatus: 400, hint });
  }
}
