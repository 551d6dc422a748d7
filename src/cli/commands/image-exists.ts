import { Exit, StaveError } from '../../base/errors.ts';
import { command } from '../command.ts';

/** `image exists`: the answer is the exit code. */
export const imageExists = command({
  usage: 'IMAGE',
  operands: [1, 1],
  flags: {},
  examples: [['Pull only what is not here', 'stave image exists app:v1 || stave pull app:v1']],

  async run({ operands: [name = ''], engine, complain }) {
    const { images } = await engine();
    try {
      return (await images.exists(name)) ? Exit.ok : Exit.failure;
    } catch (error) {
      if (!(error instanceof StaveError)) throw error;
      complain(error);
      // Neither yes nor no.
      return Exit.usage;
    }
  },
});
