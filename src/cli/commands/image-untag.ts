import { Exit, StaveError } from '../../base/errors.ts';
import { command } from '../command.ts';

/** `image untag`, `untag`. */
export const imageUntag = command({
  usage: 'NAME [NAME...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {},
  examples: [['Take a name away, and keep the image', 'stave image untag app:old']],

  async run({ operands, stdout, engine, complain }) {
    const { images } = await engine();
    let code: number = Exit.ok;
    for (const name of operands) {
      try {
        stdout.line(`Untagged: ${await images.untag(name)}`);
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        complain(error);
        code = Exit.failure;
      }
    }
    return code;
  },
});
