import { command } from '../command.ts';
import { eachOf } from '../each-operand.ts';

/** `container wait`, `wait`. */
export const containerWait = command({
  usage: 'CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {},
  examples: [['Wait for the end, and print the exit code', 'stave wait web1', 'a container']],

  async run(context) {
    const { containers } = await context.engine();
    const { signal } = context;
    return eachOf(context, (name) => containers.wait(name, { signal }));
  },
});
