import type { Blame, FileVersion } from '../../engine/understand-types.ts';
import { command } from '../command.ts';
import { changeText, modeText, ownerText } from '../file-text.ts';
import { flag } from '../flags.ts';
import { writeListing, type Field } from '../listing.ts';
import { instructionText, layerPlace, pathLine, typedPath } from '../origin-text.ts';
import { platformOption } from '../platform-flag.ts';
import { rfc3339 } from '../times.ts';
import { ellipsis, humanSize } from '../units.ts';

const CREATED_BY_WIDTH = 50;

/** `image blame`. */
export const imageBlame = command({
  usage: '[OPTIONS] IMAGE PATH [PATH...]',
  operands: [2, Number.POSITIVE_INFINITY],
  flags: {
    all: flag.toggle('Every version of every path, deleted ones too', 'a'),
    follow: flag.toggle('Go where a link points', 'L'),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json' or a Go template",
    ),
    'no-trunc': flag.toggle('Show instructions in full'),
    platform: flag.text('string', 'Of an image for several platforms, the one to look into'),
  },
  examples: [
    ['All that happened to a file', 'stave blame app:v1 /etc/app.conf'],
    ['Where each file of a directory comes from', 'stave blame app:v1 /etc'],
    ['Where the shell comes from', 'stave blame --follow app:v1 /bin/sh'],
  ],

  async run(context) {
    const { flags, operands, signal } = context;
    const [name = '', ...paths] = operands;
    const { images } = await context.engine();
    const blame = await images.blame(name, paths.map(typedPath), {
      signal,
      follow: flags.follow,
      ...platformOption(flags.platform),
    });
    await writeListing(
      context,
      {
        rows: rowsOf(blame, flags.all),
        fields: fieldsOf(!flags['no-trunc']),
        type: '*formatter.blameContext',
        columns: ['Path', 'Change', 'Mode', 'Owner', 'Size', 'Layer', 'Origin', 'CreatedBy'],
      },
      flags.format ?? 'table',
    );
  },
});

interface Row {
  readonly path: string;
  readonly version: FileVersion;
}

/** Of files that were named all versions; below directories and of patterns the last of what is there. */
function rowsOf({ paths, single }: Blame, all: boolean): Row[] {
  const every = paths.flatMap(({ path, versions }) =>
    versions.map((version) => ({ path, version })),
  );
  if (all || single) return every;
  const last = paths
    .filter(({ exists }) => exists)
    .flatMap(({ path, versions }) => versions.slice(-1).map((version) => ({ path, version })));
  // What is there no more has only its story to tell.
  return last.length > 0 ? last : every;
}

function fieldsOf(truncate: boolean): readonly Field<Row>[] {
  return [
    { key: 'Bytes', title: 'BYTES', value: ({ version: { facts } }) => String(facts.size) },
    { key: 'Change', title: 'CHANGE', value: ({ version }) => changeText(version) },
    {
      key: 'CreatedBy',
      title: 'CREATED BY',
      value({ version: { step } }) {
        return truncate
          ? ellipsis(instructionText(step.createdBy), CREATED_BY_WIDTH)
          : step.createdBy.replaceAll(/\s/g, ' ');
      },
    },
    { key: 'Digest', title: 'DIGEST', value: ({ version: { facts } }) => facts.digest ?? '' },
    { key: 'Layer', title: 'LAYER', value: ({ version: { step } }) => String(step.number) },
    {
      key: 'LayerID',
      title: 'LAYER ID',
      value: ({ version: { step } }) => step.diffId,
    },
    { key: 'Mode', title: 'MODE', value: ({ version: { facts } }) => modeText(facts) },
    {
      key: 'Modified',
      title: 'MODIFIED',
      value: ({ version: { facts } }) => rfc3339(facts.modified),
    },
    { key: 'Origin', title: 'ORIGIN', value: ({ version: { step } }) => layerPlace(step) },
    { key: 'Owner', title: 'OWNER', value: ({ version: { facts } }) => ownerText(facts) },
    {
      key: 'Path',
      title: 'PATH',
      value: ({ path, version: { facts } }) =>
        pathLine(path) + (facts.target === undefined ? '' : ` -> ${pathLine(facts.target)}`),
    },
    {
      key: 'Size',
      title: 'SIZE',
      value: ({ version: { facts } }) => (facts.type === 'file' ? humanSize(facts.size) : '-'),
    },
    { key: 'Type', title: 'TYPE', value: ({ version: { facts } }) => facts.type },
  ];
}
