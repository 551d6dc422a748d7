import { StaveError } from '../base/errors.ts';

/** There is no store at this place, and none was to be made. */
export class StoreMissingError extends StaveError {
  readonly code = 'STORE_MISSING';

  constructor(root: string) {
    super(`there is no store in ${root}`, {
      hint: 'Give another place with --root, or make it by building or loading an image.',
      httpStatus: 404,
    });
  }
}

/** The store was written by a newer stave. */
export class StoreFormatError extends StaveError {
  readonly code = 'STORE_FORMAT';

  constructor(root: string, found: string, known: string) {
    super(`the store in ${root} has format ${found}; this stave knows formats up to ${known}`, {
      hint: 'Use the stave that wrote it, or a newer one.',
    });
  }
}

/** The store is there but cannot be read: its database is damaged or missing. */
export class StoreDamagedError extends StaveError {
  readonly code = 'STORE_DAMAGED';

  constructor(root: string, what: string, cause?: unknown) {
    super(`the store in ${root} is damaged: ${what}`, {
      hint: "Run 'stave system check' to see what is wrong.",
      cause,
    });
  }
}

/** Something was to be written into a store that this user, or this file system, only lets read. */
export class StoreReadOnlyError extends StaveError {
  readonly code = 'STORE_READ_ONLY';

  constructor(root: string, cause?: unknown) {
    super(`the store in ${root} cannot be written`, {
      hint: 'Run the command as the owner of the store, or give another place with --root.',
      httpStatus: 403,
      cause,
    });
  }
}

/** Another process kept the writer's lock longer than anyone waits. */
export class StoreBusyError extends StaveError {
  readonly code = 'STORE_BUSY';

  constructor(root: string, cause?: unknown) {
    super(`the store in ${root} is kept busy by another process`, {
      hint: 'Try again; if it stays so, look for a stave process that is stopped or stuck.',
      httpStatus: 503,
      cause,
    });
  }
}

/** No blob has this digest. */
export class BlobNotFoundError extends StaveError {
  readonly code = 'BLOB_NOT_FOUND';

  constructor(digest: string) {
    super(`no such blob: ${digest}`, {
      hint: "Run 'stave system check' if an image needs it.",
      httpStatus: 404,
    });
  }
}

/** A blob's bytes are not those that its digest names. */
export class BlobDamagedError extends StaveError {
  readonly code = 'BLOB_DAMAGED';

  constructor(digest: string) {
    super(`the stored blob ${digest} is damaged`, {
      hint: "Run 'stave system check --repair', then load or build the image again.",
    });
  }
}
