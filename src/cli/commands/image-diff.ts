import { command } from '../command.ts';
import { compare, COMPARE_FLAGS } from '../compare-command.ts';

/** `image diff`. */
export const imageDiff = command({
  usage: '[OPTIONS] IMAGE IMAGE',
  operands: [2, 2],
  flags: COMPARE_FLAGS,
  examples: [
    ['In what two versions differ', 'stave image diff app:v1 app:v2'],
    ['One file, line by line', 'stave image diff --patch /etc/app.conf app:v1 app:v2'],
  ],

  async run(context) {
    const [before = '', after = ''] = context.operands;
    return compare(context, [before, after]);
  },
});
