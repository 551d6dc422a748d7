import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/**
 * The error codes of the distribution specification.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export type ProblemCode =
  | 'BLOB_UNKNOWN'
  | 'BLOB_UPLOAD_INVALID'
  | 'BLOB_UPLOAD_UNKNOWN'
  | 'DENIED'
  | 'DIGEST_INVALID'
  | 'MANIFEST_BLOB_UNKNOWN'
  | 'MANIFEST_INVALID'
  | 'MANIFEST_UNKNOWN'
  | 'NAME_INVALID'
  | 'NAME_UNKNOWN'
  | 'SIZE_INVALID'
  | 'TOOMANYREQUESTS'
  | 'UNAUTHORIZED'
  | 'UNSUPPORTED';

/** A request that is answered with an error of the specification. */
export class Problem extends StaveError {
  readonly code: ProblemCode;
  readonly headers: Readonly<Record<string, string>>;

  /** `status` is that of HTTP; `headers` go into the answer. */
  constructor(
    status: number,
    code: ProblemCode,
    message: string,
    headers: Readonly<Record<string, string>> = {},
  ) {
    super(message, { httpStatus: status });
    this.code = code;
    this.headers = headers;
  }
}

/** The data of a registry cannot be used as it is. */
export class RegistryDataError extends StaveError {
  readonly code = 'REGISTRY_DATA';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, options);
  }
}

/** The address cannot be listened on, or what TLS needs cannot be read. */
export class ListenError extends StaveError {
  readonly code = 'LISTEN';

  constructor(message: string, options: StaveErrorOptions = {}) {
    super(message, options);
  }
}
