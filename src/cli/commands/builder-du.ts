import { CACHE_FILTER_KEYS, cacheFilter } from '../cache-filters.ts';
import { writeCacheBlocks, writeCacheTable } from '../cache-rows.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { humanSize } from '../units.ts';

/** `buildx du`, `builder du`. */
export const builderDu = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    builder: flag.refused('there is one builder, and nothing to choose'),
    filter: flag.filter(
      "Only what passes, such as 'type=exec.cachemount'",
      undefined,
      CACHE_FILTER_KEYS,
    ),
    verbose: flag.toggle('Show everything about each entry'),
  },
  examples: [
    ['What builds keep', 'stave buildx du'],
    ['The caches of package managers', 'stave buildx du --verbose --filter type=exec.cachemount'],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    const now = clock.now();
    const { system } = await context.engine();
    const usage = await system.cacheUsage(cacheFilter(flags.filter, now));
    if (flags.verbose) writeCacheBlocks(stdout, usage.entries, now);
    else writeCacheTable(stdout, usage.entries, now);
    if (usage.shared > 0) {
      stdout.line(`Shared:\t\t${humanSize(usage.shared, 4)}`);
      stdout.line(`Private:\t${humanSize(usage.total - usage.shared, 4)}`);
    }
    stdout.line(`Reclaimable:\t${humanSize(usage.reclaimable, 4)}`);
    stdout.line(`Total:\t\t${humanSize(usage.total, 4)}`);
  },
});
