import { StaveError, type StaveErrorOptions } from '../../base/errors.ts';

/** Something cannot be copied into or out of a container. */
export class CopyError extends StaveError {
  readonly code = 'CONTAINER_COPY';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}

/** A directory on the way to something is not there. */
export class NoSuchPathError extends StaveError {
  readonly code = 'CONTAINER_PATH_NOT_FOUND';

  constructor(path: Uint8Array) {
    super(`no such directory: ${Buffer.from(path).toString()}`, { httpStatus: 404 });
  }
}

/** Something that is no directory is where one is needed. */
export class NotADirectoryError extends StaveError {
  readonly code = 'CONTAINER_PATH_NOT_A_DIRECTORY';

  constructor(path: Uint8Array) {
    super(`lstat ${Buffer.from(path).toString()}: not a directory`, { httpStatus: 400 });
  }
}

/** Links lead to links, and so on without an end. */
export class LinkLoopError extends StaveError {
  readonly code = 'CONTAINER_LINK_LOOP';

  constructor(path: Uint8Array) {
    super(`too many links: ${Buffer.from(path).toString()}`, { httpStatus: 400 });
  }
}
