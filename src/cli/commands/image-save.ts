import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { checkPlace, writeNewFile } from '../new-file.ts';
import { openTransferRenderer } from '../render/renderer.ts';

/** `image save`. */
export const imageSave = command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    output: flag.text('string', 'A file to write to (default: standard output)', 'o'),
    platform: flag.text('string', 'Save the images for this platform only'),
  },
  examples: [
    ['An image in a file', 'stave save -o app.tar app:v1'],
    [
      'Every tag of a repository, to another machine',
      'stave save app | ssh host stave load',
      'another machine',
    ],
  ],

  async run({ operands, flags, engine, stdout, stderr, env, cwd, signal }) {
    const { output } = flags;
    const platform = platformOption(flags.platform);
    if (output === undefined && stdout.terminal) {
      throw new InvalidInputError(
        'cowardly refusing to save to a terminal. Use the -o flag or redirect',
      );
    }
    // Before the images are looked at: a wrong path should not cost a wait.
    if (output !== undefined) checkPlace(resolve(cwd, output), output);
    const { images } = await engine();
    using display = await openTransferRenderer(stderr, env);
    const archive = await images.save(operands, {
      signal,
      progress: display.sink,
      ...platform,
    });
    if (output !== undefined) await writeNewFile(cwd, output, archive);
    else for await (const chunk of archive) stdout.raw(chunk);
  },
});
