import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { archiveFile } from '../files.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { openTransferRenderer } from '../render/renderer.ts';

/** `image import`. */
export const imageImport = command({
  usage: '[OPTIONS] file|URL|- [REPOSITORY[:TAG]]',
  operands: [1, 2],
  flags: {
    change: flag.list('list', "A Dockerfile instruction for the new image's config", 'c'),
    message: flag.text('string', 'Comment of the new image', 'm'),
    platform: flag.text('string', "Platform of the image (default: this machine's)"),
  },
  examples: [
    ['A base image made by hand', 'tar -C rootfs -c . | stave import - base:1'],
    [
      'A root file system from the web',
      'stave import https://example.com/rootfs.tar.xz base:1',
      'a web server',
    ],
    ['The same with a default command', 'stave import -c \'CMD ["bash"]\' debian.tar debian:mine'],
  ],

  async run({ operands, flags, engine, stdin, stdout, stderr, env, cwd, signal }) {
    const [source = '', name] = operands;
    const { message, change, platform } = flags;
    if (source === '-' && stdin.terminal) {
      throw new InvalidInputError('requested import from stdin, but stdin is a terminal');
    }
    const isUrl = /^https?:\/\//i.test(source);
    const archive = isUrl
      ? { url: source }
      : source === '-'
        ? stdin.bytes({ reuse: true })
        : archiveFile(resolve(cwd, source), source);
    const { images } = await engine();
    using display = await openTransferRenderer(stderr, env);
    const id = await images.import(
      archive,
      {
        label: source,
        changes: change,
        ...(name !== undefined && { name }),
        ...(message !== undefined && { message }),
        ...platformOption(platform, env),
      },
      { signal, progress: display.sink },
    );
    stdout.line(id);
  },
});
