import { StaveError } from '../../base/errors.ts';

/** What a build was given to keep to itself came out in its result. Nothing of it was named. */
export class SecretLeakError extends StaveError {
  readonly code = 'SECRET_LEAK';
  /** Of the secret, key or argument. */
  readonly id: string;

  constructor(
    id: string,
    message: string,
    options: { readonly hint: string; readonly detail?: string | undefined },
  ) {
    super(`failed to build: ${message}`, options);
    this.id = id;
  }
}
