import { resolve } from 'node:path';
import { InvalidInputError } from '../../base/errors.ts';
import { hostPlatform, parsePlatform } from '../../oci/platform.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { checkPlace, writeNewFile } from '../new-file.ts';
import { PUSH_WORDS } from '../render/transfer-lines.ts';
import { openTransfers } from '../render/transfers.ts';

/** A place that an image is copied from or to, as skopeo writes them. */
type Place =
  | { readonly kind: 'registry'; readonly name: string }
  | {
      readonly kind: 'archive';
      readonly form: 'docker' | 'oci';
      readonly path: string;
      readonly name: string | undefined;
    };

/** `copy`. */
export const copy = command({
  usage: '[OPTIONS] SOURCE DESTINATION',
  operands: [2, 2],
  flags: {
    platform: flag.text('string', 'Of several platforms, this one alone'),
    quiet: flag.toggle('No progress display', 'q'),
  },
  examples: [
    [
      'From one registry to another, with all platforms',
      'stave copy docker://alpine:3 docker://localhost:5000/alpine:3',
      'a registry',
    ],
    ['Into a file', 'stave copy docker://alpine:3 oci-archive:alpine.tar', 'a registry'],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, cwd, signal } = context;
    const [from, to] = operands.map(placeOf);
    if (from?.kind !== 'registry') {
      throw new InvalidInputError(
        `${operands[0]}: archives cannot be copied from in this version`,
        {
          hint: "'stave load' brings one here, and 'stave push' sends it.",
        },
      );
    }
    if (!to) return;
    const platform =
      flags.platform === undefined
        ? undefined
        : parsePlatform(flags.platform, hostPlatform(process.arch));
    const what = { from: from.name, platform };
    if (to.kind === 'archive') checkPlace(resolve(cwd, to.path), to.path);
    const { registries } = await engine();
    using display = await openTransfers(context, flags.quiet, PUSH_WORDS);
    const call = { signal, progress: display.sink };
    if (to.kind === 'archive') {
      await writeNewFile(cwd, to.path, await registries.archive(what, to, call));
      return;
    }
    stdout.line(await registries.copy(what, to.name, call));
  },
});

function placeOf(text: string): Place {
  const [, scheme = '', rest = ''] = /^([a-z-]+):(.*)$/s.exec(text) ?? [];
  switch (scheme) {
    case 'docker':
      return { kind: 'registry', name: rest.replace(/^\/\//, '') };
    case 'oci-archive':
    case 'docker-archive': {
      const [path = '', ...name] = rest.split(':');
      const form = scheme === 'oci-archive' ? 'oci' : 'docker';
      return { kind: 'archive', form, path, name: name.length > 0 ? name.join(':') : undefined };
    }
    case 'containers-storage':
    case 'docker-daemon':
      throw new InvalidInputError(`${scheme}: belongs to another program`, {
        hint: 'Let that program save an archive, or push to a registry.',
      });
    case 'oci':
    case 'dir':
      throw new InvalidInputError(`${scheme}: is not available in this version`, {
        hint: 'oci-archive:PATH is a file that other programs read.',
      });
    default:
      throw new InvalidInputError(`${JSON.stringify(text)} does not say what it is`, {
        hint: 'Write docker://NAME, oci-archive:PATH or docker-archive:PATH.',
      });
  }
}
