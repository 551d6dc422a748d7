import type { Host } from './command.ts';

/**
 * Asks before something is destroyed. Only `y` is a yes; an answer may come through a pipe,
 * and the end of the input is a no. `before` is what stands between warning and question.
 */
export async function confirm(
  { stdin, stdout }: Pick<Host, 'stdin' | 'stdout'>,
  warning: string,
  before = '\n',
): Promise<boolean> {
  stdout.write(`WARNING! ${warning}${before}Are you sure you want to continue? [y/N] `);
  const answer = await stdin.line();
  return answer?.trim().toLowerCase() === 'y';
}
