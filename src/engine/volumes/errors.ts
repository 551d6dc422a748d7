import { StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** No volume goes by that name. */
export class VolumeNotFoundError extends StaveError {
  readonly code = 'VOLUME_NOT_FOUND';

  constructor(name: string) {
    super(`get ${name}: no such volume`, {
      hint: "'stave volume ls' lists the volumes there are.",
      httpStatus: 404,
    });
  }
}

/** A volume that containers have was to be removed. */
export class VolumeInUseError extends StaveError {
  readonly code = 'VOLUME_IN_USE';

  /** `users` are IDs of containers, `names` how they are called. */
  constructor(name: string, users: readonly string[], names: readonly string[]) {
    super(`remove ${name}: volume is in use - [${users.join(', ')}]`, {
      hint: `Remove first: ${names.join(', ')}.`,
      httpStatus: 409,
    });
  }
}

/** A volume cannot be made or used as it was asked for. */
export class VolumeError extends StaveError {
  readonly code = 'VOLUME';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}
