import { Exit, StaveError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `network rm`. */
export const networkRm = command({
  usage: '[OPTIONS] NETWORK [NETWORK...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: { force: flag.toggle('A network that is not there is no failure', 'f') },
  examples: [['A network that is not needed any more', 'stave network rm -f backend']],

  async run({ operands, flags, engine, stdout, complain }) {
    const { networks } = await engine();
    let code: number = Exit.ok;
    for (const name of operands) {
      try {
        await networks.remove(name);
        stdout.line(name);
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        if (flags.force && error.code === 'NETWORK_NOT_FOUND') continue;
        complain(error);
        code = Exit.failure;
      }
    }
    return code;
  },
});
