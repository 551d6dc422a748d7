import { Exit, StaveError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `volume rm`. */
export const volumeRm = command({
  usage: '[OPTIONS] VOLUME [VOLUME...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: { force: flag.toggle('Do not mind what is not there', 'f') },
  examples: [['A volume and all that is in it', 'stave volume rm data', 'a volume data']],

  async run({ operands, flags, engine, stdout, complain }) {
    const { volumes } = await engine();
    let code: number = Exit.ok;
    for (const name of operands) {
      try {
        await volumes.remove(name, { force: flags.force });
        stdout.line(name);
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        complain(error);
        code = Exit.failure;
      }
    }
    return code;
  },
});
