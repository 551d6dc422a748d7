import { BakeFileError, ValueError } from '../errors.ts';
import type { Range } from '../hcl/source.ts';

/** Gives errors of values the place where they happened. */
export function at<T>(range: Range, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof ValueError ? new BakeFileError(error.message, range) : error;
  }
}
