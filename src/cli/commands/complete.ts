import { command } from '../command.ts';
import { complete } from '../completion/complete.ts';
import { bashLine, describedLine, replyLines } from '../completion/reply.ts';
import { shellWords } from '../completion/shell-words.ts';
import { sourcesOf } from '../completion/sources.ts';

/**
 * `__complete`: what the scripts of `completion` ask. For bash the operands are the program's name
 * as typed, the line as far as the cursor, and the shell's word breaks; for others the words, the
 * one under the cursor last.
 */
export const completeLine = command({
  usage: 'bash|zsh|fish [WORD...]',
  operands: [1, Number.POSITIVE_INFINITY],
  stopAtOperand: true,
  flags: {},
  examples: [],

  async run(context) {
    const [shell, ...rest] = context.operands;
    const sources = (root: string | undefined): ReturnType<typeof sourcesOf> =>
      sourcesOf(context, root);
    if (shell === 'bash') {
      const [program = '', line = '', breaks = ''] = rest;
      const { words, current } = shellWords(line);
      // Before it there may be variables, or the name of a program that starts others.
      const behind = words.slice(words.indexOf(program) + 1);
      const found = await complete(behind, current, sources);
      context.stdout.raw(replyLines(found, bashLine(current, breaks)));
      return;
    }
    const found = await complete(rest.slice(0, -1), rest.at(-1) ?? '', sources);
    context.stdout.raw(replyLines(found, describedLine));
  },
});
