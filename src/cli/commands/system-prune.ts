import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { type FilterPair, imagePruneFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import type { Output } from '../output.ts';
import { pruneFilters } from '../prune-filters.ts';
import { humanSize } from '../units.ts';

/** `system prune`. */
export const systemPrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Every image that no container uses, and every build result', 'a'),
    filter: flag.filter("Only what passes: 'until=24h', 'label=a=b'", undefined, [
      'label',
      'label!',
      'until',
    ]),
    force: flag.toggle('Do not ask', 'f'),
    volumes: flag.toggle('Anonymous volumes that no container has, too'),
  },
  examples: [
    ['Remove what is not used', 'stave system prune'],
    ['Everything that no container needs', 'stave system prune -a -f'],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    const pairs = pruneFilters(context, flags.filter);
    const filter = imagePruneFilter(pairs, clock.now(), ['label', 'label!', 'until']);
    if (flags.volumes && filter.until) {
      throw new InvalidInputError('The "until" filter is not supported with "--volumes"');
    }
    if (!flags.force && !(await confirm(context, warning(flags, pairs)))) return;
    const { containers, images, system, volumes } = await context.engine();
    const ended = await containers.prune(filter);
    section(stdout, 'Deleted Containers:', ended.removed);
    const { label, labelNot } = filter;
    const emptied = flags.volumes
      ? await volumes.prune({ ...(label && { label }), ...(labelNot && { labelNot }) })
      : { removed: [], bytes: 0 };
    section(stdout, 'Deleted Volumes:', emptied.removed);
    const gone = await images.prune({ filter, all: flags.all });
    section(
      stdout,
      'Deleted Images:',
      gone.removed.map((one) =>
        'untagged' in one ? `untagged: ${one.untagged}` : `deleted: ${one.deleted}`,
      ),
    );
    // Build results have no labels.
    const cache =
      filter.label || filter.labelNot
        ? { removed: [], bytes: 0 }
        : await system.pruneCache({
            all: flags.all,
            filter: filter.until === undefined ? {} : { usedBefore: filter.until },
          });
    section(
      stdout,
      'Deleted build cache objects:',
      cache.removed.map(({ id }) => id),
    );
    const bytes = ended.bytes + emptied.bytes + gone.bytes + cache.bytes;
    stdout.line(`Total reclaimed space: ${humanSize(bytes, 4)}`);
  },
});

function warning(
  { all, volumes }: { readonly all: boolean; readonly volumes: boolean },
  pairs: readonly FilterPair[],
): string {
  const what = [
    'all stopped containers',
    'all networks not used by at least one container',
    ...(volumes ? ['all anonymous volumes not used by at least one container'] : []),
    all ? 'all images without at least one container associated to them' : 'all dangling images',
    all ? 'all build cache' : 'unused build cache',
  ];
  const list = (items: readonly string[]): string => items.map((one) => `  - ${one}\n`).join('');
  const filters = pairs.map(({ key, value }) => `${key}=${value}`);
  const filtered =
    filters.length === 0 ? '' : `\n  Items to be pruned will be filtered with:\n${list(filters)}`;
  return `This will remove:\n${list(what)}${filtered}`;
}

function section(stdout: Output, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  stdout.line(title);
  for (const line of lines) stdout.line(line);
  stdout.line('');
}
