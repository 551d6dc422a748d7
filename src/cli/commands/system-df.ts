import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { writeListing } from '../listing.ts';
import {
  cacheListing,
  containerListing,
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
  },
  examples: [
    ['What is on the disk, and how much of it could go', 'stave system df'],
    ['What removing one image would give back', 'stave system df -v'],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    if (flags.verbose && flags.format !== undefined && flags.format !== 'table') {
      throw new InvalidInputError('the verbose form has no --format in this version', {
        hint: "'stave image ls', 'ps' and 'buildx du' show single kinds in any form.",
      });
    }
    const usage = await (await context.engine()).system.diskUsage();
    if (!flags.verbose) {
      await writeListing(context, summaryListing(usage), flags.format ?? 'table');
      return;
    }
    const now = clock.now();
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
