import { StaveError } from '../base/errors.ts';

/** No object of any kind, or of the kind asked for, answers to this name. */
export class ObjectNotFoundError extends StaveError {
  readonly code = 'OBJECT_NOT_FOUND';

  constructor(kind: string, name: string) {
    super(`No such ${kind}: ${name}`, { httpStatus: 404 });
  }
}
