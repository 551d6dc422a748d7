import { StaveError } from '../../base/errors.ts';

/** There is no list of this name here. */
export class ListNotFoundError extends StaveError {
  readonly code = 'LIST_NOT_FOUND';

  constructor(name: string) {
    super(`No such manifest list: ${name}`, {
      httpStatus: 404,
      hint: `'stave manifest create ${name} IMAGE...' begins one.`,
    });
  }
}

/** A list of this name is being made already. */
export class ListExistsError extends StaveError {
  readonly code = 'LIST_EXISTS';

  constructor(name: string) {
    super('refusing to amend an existing manifest list with no --amend flag', {
      httpStatus: 409,
      hint: `'stave manifest rm ${name}' forgets the one that is here.`,
    });
  }
}
