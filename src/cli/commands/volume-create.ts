import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { labelsOf } from '../key-values.ts';

/** `volume create`. */
export const volumeCreate = command({
  usage: '[OPTIONS] [VOLUME]',
  operands: [0, 1],
  flags: {
    driver: flag.text('string', "Who keeps it: 'local'", 'd'),
    label: flag.list('list', 'A label for the volume'),
    name: flag.text('string', 'The same as VOLUME'),
    opt: flag.list('map', "What to mount: 'type=tmpfs', 'device=...', 'o=...'", 'o'),
  },
  examples: [
    ['A volume', 'stave volume create data'],
    [
      'One in memory, gone when no container has it',
      'stave volume create -o type=tmpfs -o device=tmpfs -o o=size=100m,uid=1000 scratch',
    ],
    [
      'A directory of this machine under a name',
      'stave volume create -o type=none -o device=/srv/data -o o=bind srv',
    ],
  ],

  async run({ operands, flags, engine, stdout }) {
    const { driver, label, opt } = flags;
    if (flags.name !== undefined && operands.length > 0) {
      throw new UsageError(
        'conflicting options: cannot specify a volume-name through both --name and as a positional arg',
        { exitCode: 1 },
      );
    }
    const name = operands[0] ?? flags.name;
    const { volumes } = await engine();
    const made = await volumes.create({
      ...(name !== undefined && { name }),
      ...(driver !== undefined && { driver }),
      ...(label.length > 0 && { labels: labelsOf(label) }),
      ...(opt.length > 0 && { options: labelsOf(opt) }),
    });
    stdout.line(made);
  },
});
