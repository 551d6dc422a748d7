import { command } from '../command.ts';
import { eachOf } from '../each-operand.ts';

/** `container unpause`, `unpause`. */
export const containerUnpause = command({
  usage: 'CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {},
  examples: [['Let a paused container go on', 'stave unpause web1', 'a container that runs']],

  async run(context) {
    const { containers } = await context.engine();
    return eachOf(context, async (name) => {
      await containers.unpause(name);
      return name;
    });
  },
});
