import type { ImageSummary } from '../../engine/engine.ts';
import { command } from '../command.ts';
import { imageListFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import { imageRows, imageFields, RAW_ID, rawBlock } from '../image-rows.ts';
import { writeField, writeListing } from '../listing.ts';
import { formatOf } from '../user-config.ts';

/** `image ls`, `images`. */
export const imageLs = command({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  operands: [0, 1],
  flags: {
    all: flag.toggle('Include intermediate images', 'a'),
    digests: flag.toggle('Add a column of digests'),
    filter: flag.filter("Show only what passes, such as 'label=a=b'", 'f'),
    format: flag.text(
      'string',
      "Form of the output: 'table', 'table TEMPLATE', 'json', 'raw' or a Go template",
    ),
    'no-trunc': flag.toggle('Show IDs and texts in full'),
    quiet: flag.toggle('Print IDs and nothing else', 'q'),
    tree: flag.refused('the tree of multi-platform images is not available in this version'),
  },
  examples: [
    ['Images nobody names any more', 'stave image ls --filter dangling=true'],
    ['One ID per line, for scripts', 'stave image ls -q --filter label=stage=test'],
    ['Names and sizes only', "stave image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}'"],
  ],

  async run(context) {
    const { flags, operands, stderr, clock } = context;
    const now = clock.now();
    const filter = imageListFilter(flags.filter, now);
    const [reference] = operands;
    const engine = await context.engine();
    const images = await engine.images.list({
      ...filter,
      ...(reference !== undefined && { reference: [...(filter.reference ?? []), reference] }),
      all: flags.all,
    });
    const format =
      flags.format ?? (flags.quiet ? undefined : formatOf('imagesFormat', context)) ?? 'table';
    const isTable = format.startsWith('table');
    const rows = imageRows(newestFirst(images), {
      digests: (isTable && flags.digests) || format === 'json' || format.includes('.Digest'),
    });
    const fields = imageFields({ truncate: !flags['no-trunc'], now });

    if (flags.quiet && (format === 'table' || format === 'raw')) {
      writeField(context, { rows, fields }, 'ID', format === 'raw' ? RAW_ID : '');
    } else {
      await writeListing(
        context,
        {
          rows,
          fields,
          type: '*formatter.imageContext',
          raw: rawBlock(flags.digests),
          columns: [
            'Repository',
            'Tag',
            ...(flags.digests ? ['Digest'] : []),
            'ID',
            'CreatedSince',
            'Size',
          ],
          append: flags.digests ? ['Digest'] : [],
        },
        format,
      );
    }
    if (reference === 'ls' && rows.length === 0) {
      stderr.write('\nNo images found matching "ls": did you mean "stave image ls"?\n');
    }
  },
});

/** Images without a creation time are as old as their stay here. */
function newestFirst(images: readonly ImageSummary[]): ImageSummary[] {
  return images.toSorted(
    (a, b) =>
      (b.created ?? b.stored).getTime() - (a.created ?? a.stored).getTime() ||
      compareText(a.tags[0] ?? '~', b.tags[0] ?? '~') ||
      compareText(a.id, b.id),
  );
}

function compareText(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
