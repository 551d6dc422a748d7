import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

/** A server could not be reached, or did not speak HTTP to the end. */
export class NetError extends StaveError {
  readonly code = 'NETWORK';
  /** What Node calls it: `ECONNREFUSED`, `CERT_HAS_EXPIRED`; `ETIMEDOUT` also for a stall. */
  readonly errno: string | undefined;

  constructor(message: string, options: StaveErrorOptions & { readonly errno?: string } = {}) {
    super(message, { httpStatus: 502, ...options });
    this.errno = options.errno;
  }
}

/** Words for what Node says of a connection that failed. */
const REASONS = new Map([
  ['ECONNREFUSED', 'connection refused'],
  ['ECONNRESET', 'the connection was closed half-way'],
  ['EPIPE', 'the connection was closed half-way'],
  ['ENOTFOUND', 'there is no such host'],
  ['EAI_AGAIN', 'the name of the host cannot be resolved now'],
  ['ETIMEDOUT', 'the connection timed out'],
  ['EHOSTUNREACH', 'the host cannot be reached'],
  ['ENETUNREACH', 'the network cannot be reached'],
  ['HPE_HEADER_OVERFLOW', 'its headers are too large'],
  ['CERT_HAS_EXPIRED', 'its certificate has expired'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is for another host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is signed by nobody known'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is signed by nobody known'],
  ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'its certificate is signed by nobody known'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is signed by nobody known'],
  ['EPROTO', 'it does not speak TLS'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS'],
  ['ERR_SSL_PACKET_LENGTH_TOO_LONG', 'it does not speak TLS'],
]);

/** A failure of Node's as a NetError that names `url`; `done` says what was being done. */
export function netError(done: string, url: string, error: unknown): Error {
  if (error instanceof StaveError) return error;
  const code = codeOf(error);
  if (code === undefined) return error instanceof Error ? error : new Error(String(error));
  const why = REASONS.get(code) ?? (code.startsWith('HPE_') ? 'it does not speak HTTP' : code);
  return new NetError(`${done} ${url}: ${why}`, { cause: error, errno: code });
}

/** The code of a system error; of the first one where several addresses were tried. */
function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0]);
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}
