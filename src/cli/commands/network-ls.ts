import { command } from '../command.ts';
import { dockerSetting } from '../docker-settings.ts';
import { flag } from '../flags.ts';
import { writeField, writeListing } from '../listing.ts';
import { NETWORK_KEYS, networkFields, selectNetworks } from '../network-rows.ts';

/** `network ls`. */
export const networkLs = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    filter: flag.filter("Show only what passes, such as 'type=custom'", 'f', NETWORK_KEYS),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json', 'raw' or a Go template",
    ),
    'no-trunc': flag.toggle('Show IDs in full'),
    quiet: flag.toggle('Print IDs and nothing else', 'q'),
  },
  examples: [
    ['What there is', 'stave network ls'],
    ['Networks that were made by hand', 'stave network ls --filter type=custom -q'],
  ],

  async run(context) {
    const { flags } = context;
    const { networks } = await context.engine();
    const rows = selectNetworks(await networks.list(), flags.filter);
    const fields = networkFields({ truncate: !flags['no-trunc'] });
    const format = flags.format ?? dockerSetting(context, 'networksFormat') ?? 'table';
    if (flags.quiet && (format === 'table' || flags.format === undefined)) {
      writeField(context, { rows, fields }, 'ID');
      return;
    }
    await writeListing(
      context,
      {
        rows,
        fields,
        type: '*formatter.networkContext',
        raw: 'network_id: {{.ID}}\nname: {{.Name}}\ndriver: {{.Driver}}\nscope: {{.Scope}}\n',
        columns: ['ID', 'Name', 'Driver', 'Scope'],
      },
      format,
    );
  },
});
