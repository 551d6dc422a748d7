import { InvalidInputError } from '../../base/errors.ts';
import type { ContainerPath } from '../../engine/cp-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { humanSize } from '../units.ts';

/** `container cp`, `cp`. */
export const containerCp = command({
  usage: '[OPTIONS] CONTAINER:SRC_PATH DEST_PATH|- | SRC_PATH|- CONTAINER:DEST_PATH',
  operands: [2, 2],
  flags: {
    archive: flag.toggle('Out of a container keep owners; into one give files to its user', 'a'),
    'follow-link': flag.toggle('Copy what SRC_PATH leads to where it is a link', 'L'),
    quiet: flag.toggle('Do not say how much was copied', 'q'),
  },
  examples: [
    ['A file out of a container', 'stave cp web1:/etc/nginx/nginx.conf .', 'a container web1'],
    ['What is in a directory into one', 'stave cp site/. web1:/srv/www', 'a container web1'],
    ['As a tar through a pipe', 'stave cp web1:/var/log - | tar t', 'a container web1'],
  ],

  async run({ operands, flags, engine, stdin, stdout, stderr, cwd, signal }) {
    const [from = '', to = ''] = operands;
    const [source, target] = [placeOf(from, cwd), placeOf(to, cwd)];
    if (from === '') throw new InvalidInputError('source can not be empty');
    if (to === '') throw new InvalidInputError('destination can not be empty');
    const options = { follow: flags['follow-link'], archive: flags.archive, signal };
    const said = (bytes: number): void => {
      if (flags.quiet || !stdout.terminal) return;
      stderr.line(`Successfully copied ${humanSize(bytes, 4)} to ${to}`);
    };
    if (typeof source === 'object' && typeof target === 'object') {
      throw new InvalidInputError('copying between containers is not supported', {
        hint: "'stave cp A:/path - | stave cp - B:/path' does it in two steps.",
      });
    }
    if (typeof source === 'object') {
      const { copyFiles } = await engine();
      if (to === '-') {
        if (stdout.terminal) throw new InvalidInputError('refusing to write a tar to a terminal');
        const archive = await copyFiles.tarFrom(source, options);
        await archive.pour((chunk) => stdout.raw(chunk));
      } else if (typeof target === 'string') {
        said(await copyFiles.from(source, target, options));
      }
      return;
    }
    if (typeof target !== 'object') {
      throw new InvalidInputError('must specify at least one container source');
    }
    const { copyFiles } = await engine();
    if (from !== '-') said(await copyFiles.into(source, target, options));
    else if (stdin.terminal) {
      throw new InvalidInputError('a tar was to come through standard input, which is a terminal');
    } else await copyFiles.tarInto(stdin.bytes({ reuse: true }), target, options);
  },
});

/**
 * `CONTAINER:PATH`, or else a path of this machine, made absolute; what stands at its end says
 * something. A path with a colon is told from a container by a slash or a dot at its beginning.
 */
function placeOf(text: string, cwd: string): ContainerPath | string {
  const colon = text.indexOf(':');
  if (!text.startsWith('/') && !text.startsWith('.') && colon > 0) {
    const path = text.slice(colon + 1);
    if (path === '') throw new InvalidInputError(`no path given in ${JSON.stringify(text)}`);
    return { container: text.slice(0, colon), path: path.startsWith('/') ? path : `/${path}` };
  }
  return text.startsWith('/') ? text : `${cwd}/${text}`;
}
