import { StaveError, type StaveErrorOptions } from '../base/errors.ts';

const HINTS = new Map([
  ['RequestTimeTooSkewed', 'Set the clock of this machine.'],
  ['NoSuchBucket', 'Make the bucket first, or check its name and the endpoint.'],
]);
const DENIED = 'Check the credentials, the region and the name of the bucket.';

/** A bucket answered with an error, or with what cannot be its answer. */
export class S3Error extends StaveError {
  readonly code = 'S3';
  /** Of the answer; 0 when it was none. */
  readonly status: number;
  /** The store's word for it: `NoSuchKey`. Empty when it gave none. */
  readonly word: string;

  /** `what` names the place: `s3://bucket/prefix`. */
  constructor(what: string, status: number, word: string, options: StaveErrorOptions = {}) {
    const hint = HINTS.get(word) ?? (status === 403 ? DENIED : undefined);
    const said =
      status === 0 ? word : `the bucket answers ${status}${word === '' ? '' : ` (${word})`}`;
    super(`${what}: ${said}`, {
      ...(hint !== undefined && { hint }),
      httpStatus: 502,
      ...options,
    });
    this.status = status;
    this.word = word;
  }
}
