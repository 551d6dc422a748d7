import { csvFields as fields } from '../base/csv.ts';
import { InvalidInputError } from '../base/errors.ts';
import { InstructionValueError } from './errors.ts';

/** The fields of a flag's value. Throws {@link InstructionValueError}. */
export function csvFields(line: string): string[] {
  try {
    return fields(line);
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new InstructionValueError(error.message);
  }
}
