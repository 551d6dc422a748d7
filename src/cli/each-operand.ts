import { Exit, StaveError } from '../base/errors.ts';
import type { Context } from './command.ts';

/**
 * Does something with each operand and prints what comes of it; says what fails, and goes on.
 * The exit code: 1 when something failed.
 */
export async function eachOf(
  { operands, stdout, complain }: Pick<Context, 'operands' | 'stdout' | 'complain'>,
  body: (operand: string) => Promise<string | number>,
): Promise<number> {
  let code: number = Exit.ok;
  for (const operand of operands) {
    try {
      stdout.line(String(await body(operand)));
    } catch (error) {
      if (!(error instanceof StaveError)) throw error;
      complain(error);
      code = Exit.failure;
    }
  }
  return code;
}
