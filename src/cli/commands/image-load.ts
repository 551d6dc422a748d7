import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Bytes } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { archiveFile } from '../files.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { openTransferRenderer } from '../render/renderer.ts';
import { shortId } from '../units.ts';

/** `image load`. */
export const imageLoad = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  slip: ([file]) => `-i ${file}`,
  flags: {
    input: flag.text(
      'string',
      'An archive, or the directory of an OCI layout (default: standard input)',
      'i',
    ),
    platform: flag.text('string', 'Load the images for this platform only'),
    quiet: flag.toggle('No progress display', 'q'),
  },
  examples: [
    ['Images out of a file, plain or compressed', 'stave load -i app.tar.gz'],
    ['Images out of a pipe', 'stave load < app.tar'],
  ],

  async run({ flags, engine, stdin, stdout, stderr, env, cwd, signal }) {
    const { input, quiet } = flags;
    const platform = platformOption(flags.platform);
    if (input === undefined && stdin.terminal) {
      throw new InvalidInputError('requested load from stdin, but stdin is empty');
    }
    const archive =
      input === undefined ? stdin.bytes({ reuse: true }) : opened(resolve(cwd, input), input);
    const { images } = await engine();
    using display = await openTransferRenderer(stderr, env, quiet);
    const options = { signal, progress: display.sink, ...platform };
    for (const { id, names, tags = [] } of await images.load(archive, options)) {
      for (const name of names) stdout.line(`Loaded image: ${name}`);
      if (names.length > 0) continue;
      stdout.line(`Loaded image ID: ${id}`);
      const [tag] = tags;
      if (tag === undefined) continue;
      stderr.line(
        `Hint: the archive has the tag '${tag}' for it, but no repository; 'stave tag ${shortId(id)} NAME:${tag}' gives it a name.`,
      );
    }
  },
});

/** A directory can only be an unpacked archive. */
function opened(path: string, typed: string): Bytes | { readonly directory: string } {
  return isDirectory(path) ? { directory: path } : archiveFile(path, typed);
}

/** What cannot even be looked at is refused when it is opened. */
function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
