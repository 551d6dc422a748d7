import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { imagePruneFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import { humanSize } from '../units.ts';

/** `image prune`. */
export const imagePrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Every image that no container uses', 'a'),
    dangling: flag.toggle("The same as --filter 'dangling=true'"),
    'dry-run': flag.toggle('Show what would go, and remove nothing'),
    filter: flag.filter("Only images that pass, such as 'until=24h'", undefined, [
      'dangling',
      'label',
      'label!',
      'until',
    ]),
    force: flag.toggle('Do not ask', 'f'),
  },
  examples: [
    ['Remove images nobody names any more', 'stave image prune'],
    ['See what a clean-up would free', 'stave image prune -a --dry-run --filter until=240h'],
  ],

  async run(context) {
    const { flags, typed, stdout, clock } = context;
    const filter = imagePruneFilter(
      typed.has('dangling')
        ? [...flags.filter, { key: 'dangling', value: String(flags.dangling) }]
        : flags.filter,
      clock.now(),
    );
    const all = flags.all || filter.dangling === false;
    if (!flags.force && !flags['dry-run']) {
      const warning = all
        ? 'This will remove all images without at least one container associated to them.'
        : 'This will remove all dangling images.';
      if (!(await confirm(context, warning))) return;
    }
    const dryRun = flags['dry-run'];
    const { removed, bytes } = await (await context.engine()).images.prune({ filter, all, dryRun });
    if (removed.length > 0) {
      stdout.line(dryRun ? 'Images that would be deleted:' : 'Deleted Images:');
      for (const event of removed) {
        stdout.line(
          'untagged' in event ? `untagged: ${event.untagged}` : `deleted: ${event.deleted}`,
        );
      }
      stdout.line('');
    }
    stdout.line(`Total ${dryRun ? 'reclaimable' : 'reclaimed'} space: ${humanSize(bytes, 4)}`);
  },
});
