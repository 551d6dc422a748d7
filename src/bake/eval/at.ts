import { BakeFileError, ValueError } from '../errors.ts';
import type { Range } from '../hcl/source.ts';

/** Gives errors of values the place where they happened. */
export function at<T>(range: Range, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ValueError) throw new BakeFileError(error.message, range);
    if (error instanceof RangeError && /call stack/i.test(error.message)) {
      throw new BakeFileError('Too deep; Expressions refer to each other too deeply', range);
    }
    throw error;
  }
}
