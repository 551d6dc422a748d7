import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { flag } from '../flags.ts';
import { pruneFilters } from '../prune-filters.ts';
import { humanSize } from '../units.ts';
import { VOLUME_PRUNE_KEYS, volumeFilter } from '../volume-filters.ts';

/** `volume prune`. */
export const volumePrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Named ones too, not only anonymous ones', 'a'),
    filter: flag.filter("Only what passes, such as 'label=a=b'", undefined, VOLUME_PRUNE_KEYS),
    force: flag.toggle('Do not ask', 'f'),
  },
  examples: [
    ['Remove what containers left behind', 'stave volume prune'],
    ['Every volume that no container has', 'stave volume prune -a -f'],
  ],

  async run(context) {
    const { flags, stdout } = context;
    const pairs = pruneFilters(context, flags.filter).filter(({ key }) => key !== 'until');
    const { all: asked, ...filter } = volumeFilter(pairs, VOLUME_PRUNE_KEYS);
    if (asked !== undefined && flags.all) {
      throw new InvalidInputError(
        'conflicting options: cannot specify both --all and --filter all=1',
      );
    }
    const all = flags.all || asked === true;
    const what = all ? 'all local volumes' : 'anonymous local volumes';
    const warning = `This will remove ${what} not used by at least one container.`;
    if (!flags.force && !(await confirm(context, warning))) return;
    const { volumes } = await context.engine();
    const { removed, bytes } = await volumes.prune({ ...filter, all });
    if (removed.length > 0) {
      stdout.line('Deleted Volumes:');
      for (const name of removed) stdout.line(name);
      stdout.line('');
    }
    stdout.line(`Total reclaimed space: ${humanSize(bytes, 4)}`);
  },
});
