import { InvalidInputError } from '../base/errors.ts';

/**
 * What SOURCE_DATE_EPOCH says: seconds since 1970, or `context` for the date of the build
 * context; undefined where it says nothing. Throws InvalidInputError.
 */
export function sourceDateEpoch(text: string | undefined): number | 'context' | undefined {
  if (text === undefined || text === '') return undefined;
  if (text === 'context') return text;
  if (!/^\d{1,12}$/.test(text)) {
    throw new InvalidInputError(`invalid SOURCE_DATE_EPOCH: ${JSON.stringify(text)}`, {
      hint: "It is a number of seconds since 1970, or 'context' for the date of its git commit.",
    });
  }
  return Number(text);
}
