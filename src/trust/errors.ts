import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** One signature does not hold, or is not about what was asked for. The message says why, without a name. */
export class SignatureError extends StaveError {
  readonly code = 'SIGNATURE';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 403, ...options });
  }
}

/** An image is not trusted: it has no signature, none that holds, or a policy rejects it. */
export class UntrustedError extends StaveError {
  readonly code = 'UNTRUSTED';
  /** Whether there was any signature to look at. */
  readonly isSigned: boolean;

  constructor(message: string, isSigned: boolean, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 403, ...options });
    this.isSigned = isSigned;
  }
}

/** A key, a certificate or a policy cannot be used. */
export class TrustConfigError extends StaveError {
  readonly code = 'TRUST_CONFIG';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, { httpStatus: 400, ...options });
  }
}
