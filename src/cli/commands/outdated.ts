import { Exit } from '../../base/errors.ts';
import type { Freshness } from '../../engine/freshness-types.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { type Field, writeListing } from '../listing.ts';
import { ago } from '../times.ts';
import { shortId } from '../units.ts';

/** `outdated`. */
export const outdated = command({
  usage: '[OPTIONS] [IMAGE...]',
  operands: [0, Number.POSITIVE_INFINITY],
  flags: {
    'exit-code': flag.toggle('Exit with 1 when something is outdated'),
    format: flag.text('string', "Form of the output: 'table', 'json' or a Go template"),
    local: flag.toggle('Ask no registry: compare with what is here'),
    'max-age': flag.duration('Packages that were changed longer ago are outdated: 720h'),
    quiet: flag.toggle('Print the names of what is to be rebuilt, in order', 'q'),
  },
  examples: [
    ['Which images stand on a base that has moved on', 'stave outdated'],
    ['In a nightly job', 'stave outdated --exit-code --max-age 720h'],
  ],

  async run(context) {
    const { operands, flags, engine, stdout, clock, signal } = context;
    const { freshness } = await engine();
    const maxAge = flags['max-age'];
    const { images, order } = await freshness.outdated(
      {
        local: flags.local,
        ...(operands.length > 0 && { images: operands }),
        ...(maxAge !== undefined && { maxAge }),
      },
      { signal },
    );
    const isTable = (flags.format ?? 'table').startsWith('table');
    if (flags.quiet) {
      for (const one of order) stdout.line(nameOf(one));
    } else {
      const columns = ['Image', 'Base', 'Status', 'Packages', 'Reason'];
      const fields = fieldsOf(clock.now());
      const type = 'freshness.Image';
      await writeListing(context, { rows: images, fields, columns, type }, flags.format ?? 'table');
      if (isTable && order.length > 0) {
        stdout.line('\nTo build again, in this order:');
        for (const one of order) stdout.line(`  ${nameOf(one)}: ${one.reason}`);
      }
    }
    return flags['exit-code'] && order.length > 0 ? Exit.failure : Exit.ok;
  },
});

function nameOf({ tags, id }: Freshness): string {
  return tags[0] ?? shortId(id);
}

function fieldsOf(now: Date): readonly Field<Freshness>[] {
  return [
    { key: 'Image', title: 'IMAGE', value: nameOf },
    { key: 'ID', title: 'IMAGE ID', value: ({ id }) => id },
    { key: 'Base', title: 'BASE', value: ({ base = '' }) => base },
    { key: 'BaseDigest', title: 'BASE DIGEST', value: ({ baseDigest = '' }) => baseDigest },
    { key: 'Newest', title: 'NEWEST', value: ({ newest = '' }) => newest },
    { key: 'Status', title: 'STATUS', value: ({ status }) => status },
    {
      key: 'Packages',
      title: 'PACKAGES',
      value: ({ packages }) =>
        packages ? `${packages.manager}, ${ago(packages.changed, now)}` : '',
    },
    { key: 'Reason', title: 'REASON', value: ({ reason }) => reason },
  ];
}
