import type { VolumeDetails } from '../../engine/volume-types.ts';
import { command } from '../command.ts';
import { dockerSetting } from '../docker-settings.ts';
import { flag } from '../flags.ts';
import { writeField, writeListing, type Field } from '../listing.ts';
import { VOLUME_LIST_KEYS, volumeFilter } from '../volume-filters.ts';

/** The block of `volume ls --format raw`. */
const RAW = 'name: {{.Name}}\ndriver: {{.Driver}}\n';
/** What only Docker's swarm knows. */
const NONE = 'N/A';

/** `volume ls`. */
export const volumeLs = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    filter: flag.filter("Show only what passes, such as 'dangling=true'", 'f', VOLUME_LIST_KEYS),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json', 'raw' or a Go template",
    ),
    quiet: flag.toggle('Print names and nothing else', 'q'),
  },
  examples: [
    ['What volumes there are', 'stave volume ls'],
    ['Those that no container has', 'stave volume ls -q -f dangling=true'],
  ],

  async run(context) {
    const { flags } = context;
    const filter = volumeFilter(flags.filter, VOLUME_LIST_KEYS);
    const { volumes } = await context.engine();
    const rows = await volumes.list(filter);
    if (flags.quiet && flags.format === undefined) {
      writeField(context, { rows, fields: FIELDS }, 'Name');
      return;
    }
    await writeListing(
      context,
      {
        rows,
        fields: FIELDS,
        type: '*formatter.volumeContext',
        raw: RAW,
        columns: ['Driver', 'Name'],
      },
      flags.format ?? dockerSetting(context, 'volumesFormat') ?? 'table',
    );
  },
});

const FIELDS: readonly Field<VolumeDetails>[] = [
  { key: 'Availability', title: 'AVAILABILITY', value: () => NONE },
  { key: 'Driver', title: 'DRIVER', value: ({ driver }) => driver },
  { key: 'Group', title: 'GROUP', value: () => NONE },
  {
    key: 'Label',
    title: 'LABEL',
    hidden: true,
    value: ({ labels = {} }) => ({
      kind: 'method',
      params: ['string'],
      call: ([name]) =>
        typeof name === 'string' && Object.hasOwn(labels, name) ? labels[name] : '',
    }),
  },
  {
    key: 'Labels',
    title: 'LABELS',
    value: ({ labels = {} }) =>
      Object.entries(labels)
        .map(([key, value]) => `${key}=${value}`)
        .sort()
        .join(','),
  },
  { key: 'Links', title: 'LINKS', value: () => NONE },
  { key: 'Mountpoint', title: 'MOUNTPOINT', value: ({ mountpoint }) => mountpoint },
  { key: 'Name', title: 'VOLUME NAME', value: ({ name }) => name },
  { key: 'Scope', title: 'SCOPE', value: () => 'local' },
  { key: 'Size', title: 'SIZE', value: () => NONE },
  { key: 'Status', title: 'STATUS', value: () => NONE },
];
