import { CACHE_FILTER_KEYS, cacheFilter } from '../cache-filters.ts';
import { writeCacheBlocks, writeCacheTable } from '../cache-rows.ts';
import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { flag } from '../flags.ts';
import { humanSize } from '../units.ts';

/** `builder prune`, `buildx prune`. */
export const builderPrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Also results that images have', 'a'),
    builder: flag.refused('there is one builder, and nothing to choose'),
    filter: flag.filter(
      "Only what passes, such as 'until=24h' or 'type=exec.cachemount'",
      undefined,
      CACHE_FILTER_KEYS,
    ),
    force: flag.toggle('Do not ask', 'f'),
    'keep-storage': flag.bytes('The same as --reserved-space'),
    'max-used-space': flag.bytes('Stop as soon as the cache takes no more than this'),
    'min-free-space': flag.bytes('Stop as soon as so much is free on the file system'),
    'reserved-space': flag.bytes('So much of the cache stays in any case'),
    verbose: flag.toggle('Show everything about what goes'),
  },
  examples: [
    ['Forget every build result that no image needs', 'stave builder prune -a -f'],
    ['Keep the 5 GB that were used last', 'stave builder prune -f --max-used-space 5g'],
    ['Forget what the last week did not need', 'stave builder prune -f --filter until=168h'],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    const filter = cacheFilter(flags.filter, clock.now());
    if (!flags.force) {
      const what = flags.all ? 'all build cache' : 'all dangling build cache';
      if (!(await confirm(context, `This will remove ${what}.`, ' '))) return;
    }
    const reserved = flags['reserved-space'] ?? flags['keep-storage'];
    const { 'max-used-space': maxUsed, 'min-free-space': minFree } = flags;
    const { system } = await context.engine();
    const { removed, bytes } = await system.pruneCache({
      all: flags.all,
      filter,
      ...(reserved !== undefined && { reserved }),
      ...(maxUsed !== undefined && { maxUsed }),
      ...(minFree !== undefined && { minFree }),
    });
    if (flags.verbose) writeCacheBlocks(stdout, removed, clock.now());
    else if (removed.length > 0) writeCacheTable(stdout, removed, clock.now());
    stdout.line(`Total:\t${humanSize(bytes, 4)}`);
  },
});
