import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** A registry said no, or said something that makes no sense. */
export class RegistryError extends StaveError {
  readonly code = 'REGISTRY';
  /** The status of the answer; undefined when none counts. */
  readonly status: number | undefined;

  constructor(message: string, options: StaveErrorOptions & { readonly status?: number } = {}) {
    super(message, { httpStatus: 502, ...options });
    this.status = options.status;
  }
}

/** The registry wants to know who asks, or does not allow it to who asks. */
export class RegistryAccessError extends StaveError {
  readonly code = 'REGISTRY_ACCESS';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 403, ...options });
  }
}

/** What Docker says when it would have to show a password and has none. */
export const NO_CREDENTIALS = 'no basic auth credentials';

/** There is no such repository, tag or manifest. */
export class RemoteNotFoundError extends StaveError {
  readonly code = 'REMOTE_NOT_FOUND';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 404, ...options });
  }
}

/** A file with credentials, certificates or settings cannot be used. */
export class RegistryConfigError extends StaveError {
  readonly code = 'REGISTRY_CONFIG';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, options);
  }
}
