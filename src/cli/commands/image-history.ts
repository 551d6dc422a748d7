import { Exit, UsageError } from '../../base/errors.ts';
import type { HistoryRow } from '../../engine/engine.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { platformOption } from '../platform-flag.ts';
import { writeField, writeListing, type Field } from '../listing.ts';
import { originText } from '../origin-text.ts';
import { ago, rfc3339 } from '../times.ts';
import { ellipsis, humanSize, shortId } from '../units.ts';

const CREATED_BY_WIDTH = 45;

/** `image history`. */
export const imageHistory = command({
  usage: '[OPTIONS] IMAGE',
  operands: [1, 1],
  flags: {
    audit: flag.toggle('Look for credentials, in the layers too; exit code 1 when there are any'),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json' or a Go template",
    ),
    human: flag.toggle('Sizes and times for people', 'H', true),
    origin: flag.toggle('Show the line of the Dockerfile that each step comes from'),
    'no-trunc': flag.toggle('Show IDs and texts in full'),
    platform: flag.text('string', 'Of an image for several platforms, the one to show'),
    quiet: flag.toggle('Print IDs and nothing else', 'q'),
  },
  examples: [
    ['What made an image, newest step first', 'stave history app:v1'],
    ['With the lines of the Dockerfile', 'stave history --origin app:v1'],
    ['Are there passwords or tokens in it', 'stave history --audit app:v1'],
    ['The commands in full', "stave history --no-trunc --format '{{.CreatedBy}}' app:v1"],
  ],

  async run(context) {
    const { flags, operands, clock } = context;
    const [name = ''] = operands;
    const { platform } = platformOption(flags.platform);
    if (flags.audit) {
      if (flags.quiet) throw new UsageError('--quiet is not supported with --audit');
      const { writeAudit } = await import('../audit.ts');
      const { signal } = context;
      const found = await (await context.engine()).images.audit(name, { platform, signal });
      const { format = 'table' } = flags;
      return await writeAudit(context, name, found, { format, truncate: !flags['no-trunc'] });
    }
    const rows = await (await context.engine()).images.history(name, platform);
    const truncate = !flags['no-trunc'];
    const fields = historyFields({ truncate, ...flags }, clock.now());
    if (flags.quiet) {
      writeField(context, { rows, fields }, 'ID');
      return Exit.ok;
    }
    await writeListing(
      context,
      {
        rows,
        fields,
        type: '*formatter.historyContext',
        columns: [
          'ID',
          flags.human ? 'CreatedSince' : 'CreatedAt',
          ...(flags.origin ? ['Origin'] : []),
          'CreatedBy',
          'Size',
          'Comment',
        ],
      },
      flags.format ?? 'table',
    );
    return Exit.ok;
  },
});

interface Shown {
  readonly truncate: boolean;
  readonly human: boolean;
  readonly origin: boolean;
}

function historyFields(
  { truncate, human, origin: withOrigin }: Shown,
  now: Date,
): readonly Field<HistoryRow>[] {
  return [
    { key: 'Comment', title: 'COMMENT', value: ({ comment }) => comment },
    {
      key: 'CreatedAt',
      title: 'CREATED AT',
      value: ({ created }) =>
        created === undefined || created.getTime() <= 0 ? 'N/A' : rfc3339(created),
    },
    {
      key: 'CreatedBy',
      title: 'CREATED BY',
      value({ createdBy }) {
        const line = createdBy.replaceAll('\t', ' ');
        return truncate ? ellipsis(line, CREATED_BY_WIDTH) : line;
      },
    },
    { key: 'CreatedSince', title: 'CREATED', value: ({ created }) => ago(created, now) },
    {
      key: 'ID',
      title: 'IMAGE',
      value({ id }) {
        if (id === undefined) return '<missing>';
        return truncate ? shortId(id) : id;
      },
    },
    {
      // Beyond Docker: the lines of the step, where it was built here.
      key: 'Origin',
      title: 'ORIGIN',
      value: ({ origin }) => (origin ? originText(origin) : ''),
      hidden: !withOrigin,
    },
    {
      key: 'Size',
      title: 'SIZE',
      value: ({ size }) => (human ? humanSize(size) : String(size)),
    },
  ];
}
