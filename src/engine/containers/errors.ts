import { Exit, StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** No container goes by that name or ID. */
export class ContainerNotFoundError extends StaveError {
  readonly code = 'CONTAINER_NOT_FOUND';

  constructor(name: string) {
    super(`No such container: ${name}`, {
      hint: "'stave ps -a' lists the containers there are.",
      httpStatus: 404,
    });
  }
}

/** What was asked for does not go with the containers there are. */
export class ContainerConflictError extends StaveError {
  readonly code = 'CONTAINER_CONFLICT';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 409, ...options });
  }
}

/** A container could not be started as it was asked for; nothing of it ran. Exit code 125. */
export class ContainerStartError extends StaveError {
  readonly code = 'CONTAINER_START';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { exitCode: Exit.usage, httpStatus: 400, ...options });
  }
}
