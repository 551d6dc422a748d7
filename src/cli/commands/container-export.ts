import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { checkPlace, writeNewFile } from '../new-file.ts';

const EXPORT = 'export container';

/** `container export`. */
export const containerExport = command({
  usage: '[OPTIONS] CONTAINER',
  operands: [1, 1],
  flags: {
    output: flag.text('string', 'A file to write to (default: standard output)', 'o'),
  },
  examples: [
    ['The files of a container, in a file', 'stave export -o web.tar web'],
    ['As an image of one layer', 'stave export web | stave import - web:flat'],
  ],

  async run({ operands, flags, engine, stdout, cwd, signal }) {
    const [name = ''] = operands;
    const { output } = flags;
    if (output === undefined && stdout.terminal) {
      throw new InvalidInputError(
        'cowardly refusing to save to a terminal. Use the -o flag or redirect',
      );
    }
    if (output !== undefined) checkPlace(resolve(cwd, output), output, EXPORT);
    const { containers } = await engine();
    const archive = await containers.export(name, { signal });
    if (output === undefined) await archive.pour((chunk) => stdout.raw(chunk));
    else await writeNewFile(cwd, output, archive, EXPORT);
  },
});
