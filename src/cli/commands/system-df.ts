import { InvalidInputError } from '../../base/errors.ts';
import type { DiskUsage } from '../../engine/system-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { type Listing, writeListing } from '../listing.ts';
import type { Value } from '../template/values.ts';
import {
  cacheListing,
  containerListing,
  heldListing,
  imageListing,
  summaryListing,
  volumeListing,
} from '../usage-rows.ts';
import { humanSize } from '../units.ts';

/** `system df`. */
export const systemDf = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json' or a Go template",
    ),
    verbose: flag.toggle('Show every image, container, volume and build result', 'v'),
    why: flag.toggle('Show what holds the space, and the command that would free it'),
  },
  examples: [
    ['What is on the disk, and how much of it could go', 'stave system df'],
    ['What removing one image would give back', 'stave system df -v'],
    ['What to remove first, and how', 'stave system df --why'],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    const { verbose, why, format = 'table' } = flags;
    if (verbose && why) throw new InvalidInputError('--verbose and --why exclude each other');
    const { system } = await context.engine();
    if (why) {
      await writeListing(context, heldListing(await system.whySpace()), format);
      return;
    }
    const usage = await system.diskUsage();
    if (!verbose) {
      await writeListing(context, summaryListing(usage), format);
      return;
    }
    const now = clock.now();
    if (format !== 'table') {
      const { formatObject } = await import('../object-template.ts');
      stdout.line(formatObject(await verboseValue(usage, now), format));
      return;
    }
    stdout.write('Images space usage:\n\n');
    await writeListing(context, imageListing(usage.images.rows, now), 'table');
    stdout.write('\nContainers space usage:\n\n');
    await writeListing(context, containerListing(usage.containers.rows, now), 'table');
    stdout.write('\nLocal Volumes space usage:\n\n');
    await writeListing(context, volumeListing(usage.volumes.rows), 'table');
    stdout.write(`\nBuild cache usage: ${humanSize(usage.cache.size, 4)}\n\n`);
    await writeListing(context, cacheListing(usage.cache.rows, now), 'table');
  },
});

/** Everything in one value: a list of rows for each kind of thing, with IDs in full. */
async function verboseValue(usage: DiskUsage, now: Date): Promise<Value> {
  const [{ rowStruct }, { struct }] = await Promise.all([
    import('../row-templates.ts'),
    import('../template/values.ts'),
  ]);
  const rows = <Row>(listing: Listing<Row>): Value =>
    listing.rows.map((row) => rowStruct(listing, row));
  return struct('*formatter.diskUsageContext', {
    Images: rows(imageListing(usage.images.rows, now, false)),
    Containers: rows(containerListing(usage.containers.rows, now, false)),
    Volumes: rows(volumeListing(usage.volumes.rows)),
    BuildCache: rows(cacheListing(usage.cache.rows, now, false)),
  });
}
