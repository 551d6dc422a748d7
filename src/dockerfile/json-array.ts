import { InstructionValueError } from './errors.ts';

/**
 * The strings of a JSON array, or `undefined` when the text is no JSON array: the instruction
 * then has its text form. Throws {@link InstructionValueError} for a valid array that holds
 * anything but strings.
 */
export function jsonStrings(text: string): string[] | undefined {
  if (!text.startsWith('[')) return undefined;
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!Array.isArray(parsed)) return undefined;
  const strings: string[] = [];
  for (const element of parsed as unknown[]) {
    if (typeof element !== 'string') {
      throw new InstructionValueError(
        'when using JSON array syntax, arrays must be comprised of strings only',
      );
    }
    strings.push(element.toWellFormed());
  }
  return strings;
}
