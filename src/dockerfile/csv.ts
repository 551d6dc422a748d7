import { csvFields as fieldsOf } from '../base/csv.ts';
import { InstructionValueError } from './errors.ts';

/** {@link fieldsOf} for values in a Dockerfile: throws InstructionValueError. */
export function csvFields(line: string): string[] {
  try {
    return fieldsOf(line);
  } catch (error) {
    if (error instanceof RangeError) throw new InstructionValueError(error.message);
    throw error;
  }
}
