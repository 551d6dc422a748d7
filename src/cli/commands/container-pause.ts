import { command } from '../command.ts';
import { eachOf } from '../each-operand.ts';

/** `container pause`, `pause`. */
export const containerPause = command({
  usage: 'CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {},
  examples: [
    [
      'Stop all processes of a container in their tracks',
      'stave pause web1',
      'a container that runs',
    ],
  ],

  async run(context) {
    const { containers } = await context.engine();
    return eachOf(context, async (name) => {
      await containers.pause(name);
      return name;
    });
  },
});
