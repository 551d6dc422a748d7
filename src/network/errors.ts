import { Exit, InvalidInputError, StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** No network goes by that name or ID. */
export class NetworkNotFoundError extends StaveError {
  readonly code = 'NETWORK_NOT_FOUND';

  constructor(name: string) {
    super(`network ${name} not found`, {
      hint: "'stave network ls' lists the networks there are.",
      httpStatus: 404,
    });
  }
}

/** What was asked for does not go with the networks, addresses or ports that there are. */
export class NetworkConflictError extends StaveError {
  readonly code = 'NETWORK_CONFLICT';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 409, ...options });
  }
}

/** A network that is always there cannot be made, changed or removed. */
export class PredefinedNetworkError extends StaveError {
  readonly code = 'NETWORK_PREDEFINED';

  constructor(message: string) {
    super(message, { httpStatus: 403 });
  }
}

/** A network cannot be made, or be joined, in the way that was asked for. */
export class InvalidNetworkError extends InvalidInputError {}

/** A port that cannot be published as it was written. Exit code 125. */
export class InvalidPortError extends StaveError {
  readonly code = 'INVALID_PORT';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { exitCode: Exit.usage, httpStatus: 400, ...options });
  }
}

/** Somebody else has the port. Exit code 125. */
export class PortTakenError extends StaveError {
  readonly code = 'PORT_TAKEN';

  constructor(place: string, reason: string, options: StaveErrorOptions = {}) {
    super(`Bind for ${place} failed: ${reason}`, {
      exitCode: Exit.usage,
      httpStatus: 409,
      ...options,
    });
  }
}

/** The machine does not do what a network needs. Exit code 125. */
export class NetworkSetupError extends StaveError {
  readonly code = 'NETWORK_SETUP';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { exitCode: Exit.usage, ...options });
  }
}
