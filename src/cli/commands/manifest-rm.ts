import { Exit } from '../../base/errors.ts';
import { command } from '../command.ts';

/** `manifest rm`. */
export const manifestRm = command({
  usage: 'LIST [LIST...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {},
  examples: [['A list that will not be pushed', 'stave manifest rm app:1', 'a registry']],

  async run({ operands, engine, complain }) {
    const { lists } = await engine();
    let code: number = Exit.ok;
    for (const name of operands) {
      try {
        await lists.remove(name);
      } catch (error) {
        complain(error);
        code = Exit.failure;
      }
    }
    return code;
  },
});
