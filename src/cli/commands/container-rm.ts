import { Exit, StaveError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `container rm`, `rm`. */
export const containerRm = command({
  usage: '[OPTIONS] CONTAINER [CONTAINER...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    force: flag.toggle('Kill it first where it runs', 'f'),
    link: flag.refused('links between containers are not available in this version', 'l'),
    volumes: flag.toggle('Remove its unnamed volumes too', 'v'),
  },
  examples: [['A container that has ended', 'stave rm web1']],

  async run({ operands, flags, engine, stdout, complain }) {
    const { containers } = await engine();
    let code: number = Exit.ok;
    for (const name of operands) {
      try {
        await containers.remove(name, { force: flags.force, volumes: flags.volumes });
        stdout.line(name);
      } catch (error) {
        if (!(error instanceof StaveError)) throw error;
        complain(error);
        if (!(flags.force && error.code === 'CONTAINER_NOT_FOUND')) code = Exit.failure;
      }
    }
    return code;
  },
});
