import { command } from '../command.ts';
import { containerFields, PS_RAW } from '../container-rows.ts';
import { selectContainers } from '../container-filters.ts';
import { flag } from '../flags.ts';
import { writeField, writeListing } from '../listing.ts';
import { dockerSetting } from '../docker-settings.ts';

/** `container ls`, `ps`. */
export const containerLs = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Include containers that do not run', 'a'),
    filter: flag.filter("Show only what passes, such as 'label=a=b'", 'f', [
      'ancestor',
      'before',
      'exited',
      'expose',
      'health',
      'id',
      'label',
      'name',
      'network',
      'publish',
      'since',
      'status',
      'volume',
    ]),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json', 'raw' or a Go template",
    ),
    last: flag.number('int', 'The n newest containers, running or not', 'n'),
    latest: flag.toggle('The newest container, running or not', 'l'),
    'no-trunc': flag.toggle('Show IDs and texts in full'),
    quiet: flag.toggle('Print IDs and nothing else', 'q'),
    size: flag.toggle('Show what each takes on the disk', 's'),
  },
  examples: [
    ['What runs', 'stave ps'],
    ['How the last container ended', "stave ps -l --format '{{.Names}} {{.Status}}'"],
  ],

  async run(context) {
    const { flags, stderr, clock } = context;
    const now = clock.now();
    const last = flags.latest ? 1 : Math.max(0, flags.last ?? 0);
    const states = flags.filter.some(({ key }) => key === 'status');
    const { containers } = await context.engine();
    const format = flags.format ?? dockerSetting(context, 'psFormat') ?? 'table';
    const all = await containers.list({
      // Measuring takes a walk through all changes.
      size: flags.size || /\.Size\b/.test(format),
      ancestors: flags.filter.filter(({ key }) => key === 'ancestor').map(({ value }) => value),
      all: flags.all || last > 0 || states || flags.filter.length > 0,
    });
    const rows = selectContainers(all, flags.filter, {
      runningOnly: !flags.all && last === 0 && !states,
    });
    const shown = last > 0 ? rows.slice(0, last) : rows;
    const fields = containerFields({ truncate: !flags['no-trunc'], now });

    if (flags.quiet) {
      if (flags.format !== undefined && !flags.format.startsWith('table')) {
        stderr.line('WARNING: Ignoring custom format, because both --format and --quiet are set.');
      }
      writeField(context, { rows: shown, fields }, 'ID');
      return;
    }
    await writeListing(
      context,
      {
        rows: shown,
        fields,
        type: '*formatter.ContainerContext',
        raw: PS_RAW,
        columns: [
          'ID',
          'Image',
          'Command',
          'RunningFor',
          'Status',
          'Ports',
          'Names',
          ...(flags.size ? ['Size'] : []),
        ],
      },
      format,
    );
  },
});
