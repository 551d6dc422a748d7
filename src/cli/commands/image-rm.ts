import { Exit } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';

/** `image rm`, `rmi`. */
export const imageRm = command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    force: flag.toggle('Remove it under all its names, even if a stopped container uses it', 'f'),
    'no-prune': flag.toggle('Keep parents that have no name'),
    platform: flag.text('string', 'Of an image for several platforms, remove one'),
  },
  examples: [
    ['Drop a name; the image goes with its last one', 'stave rmi app:v1'],
    ['Drop every name of an image', 'stave rmi -f 0e5574283393'],
  ],

  async run({ operands, flags, engine, stdout, complain }) {
    const { images } = await engine();
    const outcomes = await images.removeAll(operands, {
      force: flags.force,
      prune: !flags['no-prune'],
      ...platformOption(flags.platform),
    });
    let code: number = Exit.ok;
    for (const outcome of outcomes) {
      if ('error' in outcome) {
        complain(outcome.error);
        // What is to be gone and is not there is no failure of `--force`.
        if (!(flags.force && outcome.error.code === 'IMAGE_NOT_FOUND')) code = Exit.failure;
        continue;
      }
      for (const event of outcome.events) {
        stdout.line(
          'untagged' in event ? `Untagged: ${event.untagged}` : `Deleted: ${event.deleted}`,
        );
      }
    }
    return code;
  },
});
