import { command } from '../command.ts';
import { containerFields, PS_RAW } from '../container-rows.ts';
import { selectContainers } from '../container-filters.ts';
import { flag } from '../flags.ts';
import { writeListing } from '../listing.ts';

/** `container ls`, `ps`. */
export const containerLs = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Show all containers (default shows just running)', 'a'),
    filter: flag.filter('Filter output based on conditions provided', 'f'),
    format: flag.text('string', "Format output: 'table', 'table TEMPLATE', 'json', 'raw' or a Go template"),
    last: flag.number('int', 'Show n last created containers (includes all states)', 'n'),
    latest: flag.toggle('Show the latest created container (includes all states)', 'l'),
    'no-trunc': flag.toggle("Don't truncate output"),
    quiet: flag.toggle('Only display container IDs', 'q'),
    size: flag.refused('sizes of containers are not available in this version', 's'),
  },
  examples: [
    ['What runs', 'stave ps'],
    ['How the last container ended', "stave ps -l --format '{{.Names}} {{.Status}}'"],
  ],

  async run(context) {
    const { flags, stdout, stderr, clock } = context;
    const now = clock.now();
    const last = flags.latest ? 1 : Math.max(0, flags.last ?? 0);
    const states = flags.filter.some(({ key }) => key === 'status');
    const { containers } = await context.engine();
    const all = await containers.list({ all: flags.all || last > 0 || states || flags.filter.length > 0 });
    const rows = selectContainers(all, flags.filter, { runningOnly: !flags.all && last === 0 && !states });
    const shown = last > 0 ? rows.slice(0, last) : rows;
    const fields = containerFields({ truncate: !flags['no-trunc'], now });

    if (flags.quiet) {
      if (flags.format !== undefined && !flags.format.startsWith('table')) {
        stderr.line('WARNING: Ignoring custom format, because both --format and --quiet are set.');
      }
      const id = fields.find((field) => field.key === 'ID');
      for (const row of shown) stdout.line(String(id?.value(row)));
      return;
    }
    await writeListing(
      context,
      {
        rows: shown,
        fields,
        type: '*formatter.ContainerContext',
        raw: PS_RAW,
        columns: ['ID', 'Image', 'Command', 'RunningFor', 'Status', 'Ports', 'Names'],
      },
      flags.format ?? 'table',
    );
  },
});
