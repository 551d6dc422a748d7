import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { imagePruneFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import { pruneFilters } from '../prune-filters.ts';

const KEYS = ['label', 'label!', 'until'];

/** `network prune`. */
export const networkPrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    filter: flag.filter("Only what passes: 'until=24h', 'label=a=b'", undefined, KEYS),
    force: flag.toggle('Do not ask', 'f'),
  },
  examples: [['Remove what no container uses', 'stave network prune -f']],

  async run(context) {
    const { flags, stdout, clock } = context;
    const filter = imagePruneFilter(pruneFilters(context, flags.filter), clock.now(), KEYS);
    const warning = 'This will remove all custom networks not used by at least one container.';
    if (!flags.force && !(await confirm(context, warning))) return;
    const { networks } = await context.engine();
    const removed = await networks.prune(filter);
    if (removed.length === 0) return;
    stdout.line('Deleted Networks:');
    for (const name of removed) stdout.line(name);
    stdout.line('');
  },
});
