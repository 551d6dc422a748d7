import { StaveError } from '../../base/errors.ts';

/** Names nothing that is here. */
export class NoSuchThing extends StaveError {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
