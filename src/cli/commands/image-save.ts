import { resolve } from 'node:path';
import { InvalidInputError, UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { type Flag, flag } from '../flags.ts';
import { readInventory } from '../inventory-file.ts';
import { checkPlace, writeNewFile } from '../new-file.ts';
import { platformOption } from '../platform-flag.ts';
import { openTransferRenderer } from '../render/renderer.ts';

const FORMATS = ['docker-archive', 'oci-archive', 'oci-dir', 'docker-dir'] as const;
const PACKED = /\.(?:tgz|tar\.gz|gz|tzst|tar\.zst|zst|tbz2?|bz2|txz|xz)$/i;

const COMPRESSIONS: readonly string[] = ['gzip', 'zstd'];

/** A choice that means gzip where no word is given. */
const compress: Flag<'gzip' | 'zstd' | undefined> = {
  ...flag.choice(
    ['gzip', 'zstd'],
    'Compress the archive as a whole, or each layer in a directory; gzip unless =zstd',
  ),
  bare: 'gzip',
};

/** `image save`. */
export const imageSave = command({
  usage: '[OPTIONS] IMAGE [IMAGE...]',
  operands: [1, Number.POSITIVE_INFINITY],
  flags: {
    compress,
    format: flag.choice(
      FORMATS,
      'docker-archive (default; an OCI layout too), oci-archive, oci-dir or docker-dir',
    ),
    have: flag.text('file', "Leave out the layers in this inventory ('-': standard input)"),
    'multi-image-archive': flag.toggle(
      'Several images in one archive, which is so in any case',
      'm',
    ),
    output: flag.text('string', 'A file to write to (default: standard output)', 'o'),
    platform: flag.text('string', 'Save the images for this platform only'),
    quiet: flag.toggle('No progress display', 'q'),
  },
  examples: [
    ['An image in a file', 'stave save -o app.tar app:v1'],
    ['The same, compressed', 'stave save --compress -o app.tar.gz app:v1'],
    ['Every tag of a repository, to another machine', 'stave save app | ssh host stave load'],
    [
      'Only the layers that the other machine lacks',
      'ssh host stave inventory | stave save --have - -o delta.tar app:v2',
    ],
  ],

  async run({ operands, flags, engine, stdin, stdout, stderr, env, cwd, signal }) {
    const { output, format = 'docker-archive' } = flags;
    const isDirectory = format === 'oci-dir' || format === 'docker-dir';
    if (output === undefined && isDirectory) {
      throw new UsageError(`--format ${format} needs a directory to write to: -o DIR`);
    }
    if (output === undefined && stdout.terminal) {
      throw new InvalidInputError(
        'cowardly refusing to save to a terminal. Use the -o flag or redirect',
      );
    }
    // Before the images are looked at: a wrong path should not cost a wait.
    if (output !== undefined && !isDirectory) checkPlace(resolve(cwd, output), output);
    const have = flags.have === undefined ? undefined : await readInventory(cwd, flags.have, stdin);
    const { images } = await engine();
    const [first = ''] = operands;
    if (flags.compress && COMPRESSIONS.includes(first) && !(await images.exists(first))) {
      throw new UsageError(`there is no image ${first}`, {
        hint: `Did you mean --compress=${first}?`,
      });
    }
    using display = await openTransferRenderer(stderr, env, flags.quiet);
    const call = {
      signal,
      progress: display.sink,
      ...(flags.compress && { compress: flags.compress }),
      ...(have && { have }),
      ...platformOption(flags.platform),
    };
    if (output !== undefined && isDirectory) {
      const form = format === 'oci-dir' ? 'oci' : 'dir';
      await images.saveDirectory(operands, resolve(cwd, output), { ...call, form });
      return;
    }
    const form = format === 'oci-archive' ? 'oci' : 'docker';
    const archive = await images.save(operands, { ...call, form });
    if (output === undefined) return archive.pour((chunk) => stdout.raw(chunk));
    await writeNewFile(cwd, output, archive);
    if (stderr.terminal && !flags.compress && PACKED.test(output)) {
      stderr.line(`Hint: ${output} is a plain tar, whatever its name says; --compress packs it.`);
    }
  },
});
