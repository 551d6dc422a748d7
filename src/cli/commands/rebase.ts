import { UsageError } from '../../base/errors.ts';
import { platformOption } from '../platform-flag.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { openTransferRenderer } from '../render/renderer.ts';

/** `rebase`. */
export const rebase = command({
  usage: '[OPTIONS] --onto BASE IMAGE',
  operands: [1, 1],
  flags: {
    base: flag.text('string', 'The base that it has now (default: what the image says itself)'),
    force: flag.toggle('Take what the image has where the new base changed it too', 'f'),
    onto: flag.text('string', 'The new base; pulled when it is not here'),
    platform: flag.text('string', 'Of an image for several platforms, this one'),
    quiet: flag.toggle('Print the ID of the new image and nothing else', 'q'),
    tag: flag.text('string', 'A name for the result (default: that of the image)', 't'),
  },
  examples: [
    [
      'The newest base, without building anew',
      'stave rebase --onto debian:12 app:v1',
      'a registry',
    ],
    [
      'Under another name, from a base that the image does not tell',
      'stave rebase --base debian:12.1 --onto debian:12.2 -t app:v1-patched app:v1',
      'a registry',
    ],
  ],

  async run({ operands: [image = ''], flags, engine, stdout, stderr, env, signal }) {
    const { onto, base, tag, force, quiet } = flags;
    if (onto === undefined || onto === '') {
      throw new UsageError("the new base is missing: name it with '--onto BASE'");
    }
    const { freshness } = await engine();
    using display = await openTransferRenderer(stderr, env);
    const done = await freshness.rebase(
      {
        image,
        onto,
        force,
        ...platformOption(flags.platform),
        ...(base !== undefined && { base }),
        ...(tag !== undefined && { name: tag }),
      },
      { signal, progress: display.sink },
    );
    if (!quiet) {
      const { own, before, after } = done.layers;
      stderr.line(`${own} of its layers stay; ${before} of the old base make room for ${after}.`);
      for (const what of done.kept) {
        stderr.line(`WARNING: ${what} is as the image has it; the new base says something else.`);
      }
      for (const { path, why } of done.conflicts) stderr.line(`WARNING: ${path}: ${why}.`);
    }
    stdout.line(done.id);
  },
});
