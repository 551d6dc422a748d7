import { DigestMismatchError, InvalidInputError, StaveError } from '../../base/errors.ts';
import { NetError } from '../../net/errors.ts';
import { RegistryAccessError, RegistryError, RemoteNotFoundError } from '../../registry/errors.ts';
import { Problem, type ProblemCode } from '../errors.ts';

/**
 * How an upstream failed: it has no such thing; it does not let us have it; it wants to be asked
 * less; it cannot be reached or is in trouble; what it said makes no sense.
 */
export type Failure = 'missing' | 'denied' | 'busy' | 'down' | 'wrong';

/** Seconds after which a client may ask again for what an upstream gave no more of. */
const BUSY = 60;

/** Undefined for what is no failure of an upstream. */
export function failureOf(error: unknown): Failure | undefined {
  if (error instanceof RemoteNotFoundError) return 'missing';
  if (error instanceof RegistryAccessError) return 'denied';
  if (error instanceof NetError) return 'down';
  if (error instanceof RegistryError) {
    const { status = 0 } = error;
    if (status === 429) return 'busy';
    return status >= 500 || status === 408 ? 'down' : 'wrong';
  }
  if (error instanceof DigestMismatchError || error instanceof InvalidInputError) return 'wrong';
  const isAbort =
    error instanceof Error && (error.name === 'TimeoutError' || error.name === 'AbortError');
  return isAbort ? 'down' : undefined;
}

/** What a client is told of it. Nothing of an upstream's own words, which may name too much. */
export function problemOf(failure: Failure, upstream: string, missing: ProblemCode): Problem {
  switch (failure) {
    case 'missing':
      return new Problem(404, missing, `${upstream} has no such thing`);
    case 'denied':
      return new Problem(403, 'DENIED', `${upstream} does not have it, or not for this registry`);
    case 'busy':
      return new Problem(429, 'TOOMANYREQUESTS', `${upstream} takes no more requests for now`, {
        'retry-after': String(BUSY),
      });
    case 'down':
      return new Problem(502, 'UNSUPPORTED', `${upstream} cannot be reached`);
    case 'wrong':
      return new Problem(502, 'UNSUPPORTED', `what ${upstream} sent is not what it should be`);
  }
}

/** Why, for the log. */
export function reasonOf(error: unknown): string {
  if (error instanceof StaveError) return error.message;
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
