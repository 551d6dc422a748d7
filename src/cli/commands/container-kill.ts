import { command } from '../command.ts';
import { eachOf } from '../each-operand.ts';
import { flag } from '../flags.ts';

/** `container kill`, `kill`. */
export const containerKill = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: { signal: flag.text('string', 'The signal to send (default: KILL)', 's') },
  examples: [
    [
      'Have a container read its configuration anew',
      'stave kill -s HUP web1',
      'a container that runs',
    ],
  ],

  async run(context) {
    const { containers } = await context.engine();
    const { signal = 'KILL' } = context.flags;
    return eachOf(context, async (name) => {
      await containers.kill(name, signal);
      return name;
    });
  },
});
