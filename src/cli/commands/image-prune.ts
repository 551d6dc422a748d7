import { InvalidInputError } from '../../base/errors.ts';
import type { ImagePrunePlan, ImagePruneRequest } from '../../engine/prune-types.ts';
import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { IMAGE_PRUNE_KEYS, imagePruneFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import { writePlan } from '../plan-rows.ts';
import { pruneFilters } from '../prune-filters.ts';
import { humanSize } from '../units.ts';

/** `image prune`. */
export const imagePrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Every image that no container uses', 'a'),
    dangling: flag.toggle("The same as --filter 'dangling=true'"),
    'dry-run': flag.toggle('The same as --plan'),
    filter: flag.filter("Only images that pass, such as 'until=24h'", undefined, IMAGE_PRUNE_KEYS),
    force: flag.toggle('Do not ask', 'f'),
    format: flag.choice<'table' | 'json'>(['table', 'json'], "Form of the plan: 'table' or 'json'"),
    'keep-last': flag.number('int', 'Keep the newest so many of each repository; of the rest, all'),
    'max-total': flag.bytes('Remove what was used least recently until images take no more'),
    plan: flag.toggle('Show what would go, what stays and why; remove nothing'),
    'unused-for': flag.age('Every image that was not used for so long, such as 30d'),
  },
  examples: [
    ['Remove images nobody names any more', 'stave image prune'],
    ['See what a clean-up would free', 'stave image prune -a --plan --filter until=240h'],
    [
      'Three of each, and what the last month needed',
      'stave image prune --keep-last 3 --unused-for 30d',
    ],
  ],

  async run(context) {
    const { flags, typed, stdout, clock } = context;
    const now = clock.now();
    const asked = typed.has('dangling')
      ? [...flags.filter, { key: 'dangling', value: String(flags.dangling) }]
      : flags.filter;
    const filter = imagePruneFilter(pruneFilters(context, asked), now);
    const { 'keep-last': keepLast, 'unused-for': age, 'max-total': maxTotal } = flags;
    if (keepLast !== undefined && keepLast < 0) {
      throw new InvalidInputError(`--keep-last must not be negative: ${keepLast}`);
    }
    const request: ImagePruneRequest = {
      filter,
      all: flags.all || filter.dangling === false,
      ...(keepLast !== undefined && { keepLast }),
      ...(age !== undefined && { unusedSince: new Date(now.getTime() - age) }),
      ...(maxTotal !== undefined && { maxTotal }),
    };
    const isPlan = flags.plan || flags['dry-run'];
    if (flags.format !== undefined && !isPlan) {
      throw new InvalidInputError('--format is for plans', { hint: 'Add --plan.' });
    }
    if (!isPlan && !flags.force && !(await confirm(context, warning(request)))) return;
    const { images } = await context.engine();
    if (isPlan) {
      const plan: ImagePrunePlan = await images.planPrune(request);
      writePlan(stdout, plan, flags.format ?? 'table', now);
      return;
    }
    const { removed, bytes } = await images.prune(request);
    if (removed.length > 0) {
      stdout.line('Deleted Images:');
      for (const event of removed) {
        stdout.line(
          'untagged' in event ? `untagged: ${event.untagged}` : `deleted: ${event.deleted}`,
        );
      }
      stdout.line('');
    }
    stdout.line(`Total reclaimed space: ${humanSize(bytes, 4)}`);
  },
});

function warning({ all, filter, keepLast, unusedSince, maxTotal }: ImagePruneRequest): string {
  const limits = [
    ...(keepLast === undefined ? [] : [`the newest ${keepLast} of each repository stay`]),
    ...(unusedSince === undefined
      ? []
      : [`what was used since ${unusedSince.toISOString()} stays`]),
    ...(maxTotal === undefined
      ? []
      : [`no more go than it takes to get down to ${humanSize(maxTotal, 4)}`]),
  ];
  const isWide = all === true || (limits.length > 0 && filter?.dangling !== true);
  const what = isWide
    ? 'This will remove all images without at least one container associated to them.'
    : 'This will remove all dangling images.';
  return limits.length === 0 ? what : `${what}\n${limits.map((one) => `  - ${one}\n`).join('')}`;
}
