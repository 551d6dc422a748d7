import { UsageError } from '../../base/errors.ts';
import type { ImageFilter } from '../../engine/engine.ts';
import { command, type Context } from '../command.ts';
import { dockerSetting } from '../docker-settings.ts';
import { IMAGE_LIST_KEYS, imageListFilter } from '../filters.ts';
import { flag, type FlagTable } from '../flags.ts';
import { imageFields, imageRows, RAW_ID, rawBlock, SORTS, sorted } from '../image-rows.ts';
import { writeField, writeListing } from '../listing.ts';

const FLAGS = {
  all: flag.toggle('Include intermediate images', 'a'),
  digests: flag.toggle('Add a column of digests'),
  filter: flag.filter("Show only what passes, such as 'label=a=b'", 'f', IMAGE_LIST_KEYS),
  format: flag.text(
    'string',
    "Form of the output: 'table', 'table TEMPLATE', 'json', 'raw' or a Go template",
  ),
  'no-trunc': flag.toggle('Show IDs and texts in full'),
  noheading: flag.toggle('Leave the first line of the table out', 'n'),
  quiet: flag.toggle('Print IDs and nothing else', 'q'),
  sort: flag.choice(SORTS, 'Order of the rows; newest first unless told'),
  tree: flag.toggle('Show the platforms of each image below it'),
} satisfies FlagTable;

/** `image ls`, `images`. */
export const imageLs = command({
  usage: '[OPTIONS] [REPOSITORY[:TAG]]',
  operands: [0, 1],
  flags: FLAGS,
  examples: [
    ['Images nobody names any more', 'stave image ls --filter dangling=true'],
    ['One ID per line, for scripts', 'stave image ls -q --filter label=stage=test'],
    ['Names and sizes only', "stave image ls --format '{{.Repository}}:{{.Tag}} {{.Size}}'"],
    ['The largest last', 'stave image ls --sort size'],
  ],

  async run(context) {
    const { flags, operands, stderr, clock } = context;
    const filter = imageListFilter(flags.filter, clock.now());
    const [reference] = operands;
    const wanted = {
      ...filter,
      ...(reference !== undefined && { reference: [...(filter.reference ?? []), reference] }),
      all: flags.all,
    };
    const count = flags.tree ? await writeTrees(context, wanted) : await writeRows(context, wanted);
    if (reference === 'ls' && count === 0) {
      stderr.write('\nNo images found matching "ls": did you mean "stave image ls"?\n');
    }
  },
});

type Listing = Context<typeof FLAGS>;
type Wanted = ImageFilter & { readonly all: boolean };

/** Writes the listing; returns how many rows it has. */
async function writeRows(context: Listing, wanted: Wanted): Promise<number> {
  const { flags } = context;
  const setting = flags.format === undefined ? dockerSetting(context, 'imagesFormat') : undefined;
  const format = flags.format ?? (flags.quiet ? undefined : setting) ?? 'table';
  const isTable = format.startsWith('table');
  const images = await (await context.engine()).images.list(wanted);
  const digests = (isTable && flags.digests) || format === 'json' || format.includes('.Digest');
  const rows = sorted(imageRows(images, { digests }), flags.sort ?? 'created');
  const fields = imageFields({ truncate: !flags['no-trunc'], now: context.clock.now() });
  if (flags.quiet && (format === 'table' || format === 'raw')) {
    writeField(context, { rows, fields }, 'ID', format === 'raw' ? RAW_ID : '');
    return rows.length;
  }
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
      noHeading: flags.noheading,
    },
    format,
  );
  return rows.length;
}

async function writeTrees(context: Listing, wanted: Wanted): Promise<number> {
  const { flags, typed, stdout } = context;
  const other = ['quiet', 'format', 'digests', 'sort'].find((name) => typed.has(name));
  if (other !== undefined) {
    throw new UsageError(`--${other} is not supported with --tree`, { exitCode: 1 });
  }
  const { treeTable } = await import('../image-trees.ts');
  const trees = await (await context.engine()).images.listTrees(wanted);
  stdout.write(treeTable(trees, { truncate: !flags['no-trunc'], heading: !flags.noheading }));
  return trees.length;
}
