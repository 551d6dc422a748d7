import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { imagePruneFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import { pruneFilters } from '../prune-filters.ts';
import { humanSize } from '../units.ts';

const KEYS = ['label', 'label!', 'until'];

/** `container prune`. */
export const containerPrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    filter: flag.filter("Only what passes: 'until=24h', 'label=a=b'", undefined, KEYS),
    force: flag.toggle('Do not ask', 'f'),
  },
  examples: [
    ['Remove the containers that have ended', 'stave container prune'],
    ['Those made more than a day ago', "stave container prune -f --filter 'until=24h'"],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    const filter = imagePruneFilter(pruneFilters(context, flags.filter), clock.now(), KEYS);
    if (!flags.force && !(await confirm(context, 'This will remove all stopped containers.'))) {
      return;
    }
    const { containers } = await context.engine();
    const { removed, bytes } = await containers.prune(filter);
    if (removed.length > 0) {
      stdout.line('Deleted Containers:');
      for (const id of removed) stdout.line(id);
      stdout.line('');
    }
    stdout.line(`Total reclaimed space: ${humanSize(bytes, 4)}`);
  },
});
