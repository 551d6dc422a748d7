import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { flag } from '../flags.ts';
import { humanSize } from '../units.ts';

const LATER = 'limits and filters of the build cache are not available in this version';

/** `builder prune`. */
export const builderPrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Every result that is not in use', 'a'),
    filter: flag.refused(LATER),
    force: flag.toggle('Do not ask', 'f'),
    'keep-storage': flag.refused(LATER),
    'max-used-space': flag.refused(LATER),
    'min-free-space': flag.refused(LATER),
    'reserved-space': flag.refused(LATER),
  },
  examples: [['Forget every build result that no image needs', 'stave builder prune -a -f']],

  async run(context) {
    const { flags, stdout } = context;
    if (!flags.force) {
      const what = flags.all ? 'all build cache' : 'all dangling build cache';
      if (!(await confirm(context, `This will remove ${what}.`))) return;
    }
    const { bytes } = await (await context.engine()).system.pruneCache({ all: flags.all });
    stdout.line(`Total:\t${humanSize(bytes, 4)}`);
  },
});
