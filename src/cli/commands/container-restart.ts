import { command } from '../command.ts';
import { eachOf } from '../each-operand.ts';
import { flag } from '../flags.ts';

/** `container restart`, `restart`. */
export const containerRestart = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    signal: flag.text('string', 'The signal to send first', 's'),
    timeout: flag.number('int', 'Seconds until it is killed; -1: never', 't'),
    time: flag.number('int', 'As --timeout'),
  },
  examples: [['Stop a container and start it', 'stave restart web1', 'a container']],

  async run(context) {
    const { containers } = await context.engine();
    const { signal, timeout, time } = context.flags;
    const seconds = timeout ?? time;
    const options = {
      ...(signal !== undefined && { signal }),
      ...(seconds !== undefined && { timeout: seconds }),
    };
    return eachOf(context, async (name) => {
      await containers.restart(name, options);
      return name;
    });
  },
});
