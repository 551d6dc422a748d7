import { parseReference } from '../../oci/reference.ts';
import { chunkSize } from '../chunk-size.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { PUSH_WORDS } from '../render/transfer-lines.ts';
import { openTransfers } from '../render/transfers.ts';
import { REACH_FLAGS, reach } from '../reach-flags.ts';

const PACKINGS = ['gzip', 'zstd'] as const;

/** `image push`, `push`. */
export const imagePush = command({
  usage: '[OPTIONS] NAME[:TAG]',
  operands: [1, 1],
  slip: ([name, tag]) => (name === undefined ? undefined : `${name}:${tag}`),
  flags: {
    ...REACH_FLAGS,
    'all-tags': flag.toggle('Every tag of the repository', 'a'),
    compression: flag.choice(PACKINGS, 'How layers are packed that were made here (default gzip)'),
    'chunk-size': flag.bytes('Send blobs in pieces of this size'),
    'disable-content-trust': flag.toggle('Ignored; there for old scripts', undefined, true),
    platform: flag.text('string', 'Of several platforms, this one alone'),
    quiet: flag.toggle('Print the name and nothing else', 'q'),
  },
  examples: [
    [
      'To the registry that the name says',
      'stave push registry.example.com/team/app:v1',
      'a registry',
    ],
    ['Every tag', 'stave push -a localhost:5000/team/app', 'a registry'],
  ],

  async run(context) {
    const {
      operands: [name = ''],
      flags,
      engine,
      stdout,
      signal,
    } = context;
    const { quiet } = flags;
    const all = flags['all-tags'];
    const { tag, digest } = parseReference(name);
    if (!quiet && !all && tag === undefined && digest === undefined) {
      stdout.line('Using default tag: latest');
    }
    const { images } = await engine(reach(context));
    using display = await openTransfers(context, quiet, PUSH_WORDS);
    const platform = platformOption(flags.platform);
    const pushed = await images.push(
      {
        name,
        all,
        ...platform,
        chunk: chunkSize(flags['chunk-size']),
        compression: flags.compression,
      },
      { signal, progress: display.sink },
    );
    if (quiet) for (const one of pushed) stdout.line(one.name);
  },
});
