import { resolve } from 'node:path';
import { once } from '../../base/bytes.ts';
import { UsageError } from '../../base/errors.ts';
import type { Package, SbomFormat, SbomOptions } from '../../engine/attestation-types.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { type Field, writeListing } from '../listing.ts';
import { checkPlace, writeNewFile } from '../new-file.ts';
import { platformOption } from '../platform-flag.ts';
import { warningLines } from '../render/renderer.ts';
import { sourceDateEpoch } from '../source-date.ts';

const FORMATS = ['table', 'spdx-json', 'cyclonedx-json'] as const;

const FLAGS = {
  attached: flag.toggle('Print the list that is attached to the image in its registry'),
  format: flag.choice(FORMATS, 'table (default), spdx-json or cyclonedx-json'),
  output: flag.text('file', 'A file to write to (default: standard output)', 'o'),
  platform: flag.text('string', 'Of an image for several platforms, the one to look into'),
};

/** `sbom`. */
export const sbom = command({
  usage: '[OPTIONS] IMAGE',
  operands: [1, 1],
  flags: FLAGS,
  examples: [
    ['What is installed in an image', 'stave sbom app:v1'],
    [
      'What its builder says of an image in a registry',
      'stave sbom --attached app:v1',
      'a registry',
    ],
    ['As a document for other programs', 'stave sbom --format spdx-json -o app.spdx.json app:v1'],
  ],

  async run(context) {
    const { flags, cwd } = context;
    // Before the image is looked at: a wrong path should not cost a wait.
    if (flags.output !== undefined) checkPlace(resolve(cwd, flags.output), flags.output, VERB);
    const { format = 'table' } = flags;
    if (flags.attached) await writeAttached(context);
    else if (format === 'table') await writeTable(context);
    else await writeDocument(context, format);
  },
});

type SbomContext = Context<typeof FLAGS>;

const VERB = 'write the list of packages';
const FIELDS: readonly Field<Package>[] = [
  { key: 'Name', title: 'NAME', value: ({ name }) => name },
  { key: 'Version', title: 'VERSION', value: ({ version }) => version },
  { key: 'Type', title: 'TYPE', value: ({ kind }) => kind },
  { key: 'Architecture', title: 'ARCH', value: ({ architecture = '-' }) => architecture },
  { key: 'License', title: 'LICENSE', value: ({ license = '-' }) => license },
];

async function writeTable(context: SbomContext): Promise<void> {
  const { attestations } = await context.engine();
  const rows = await attestations.packages(context.operands[0] ?? '', optionsOf(context));
  const parts: string[] = [];
  const stdout = { ...context.stdout, write: (text: string) => void parts.push(text) };
  const columns = FIELDS.map(({ key }) => key);
  await writeListing({ stdout }, { rows, fields: FIELDS, type: 'sbom.Package', columns }, 'table');
  await put(parts.join(''), context);
}

async function writeDocument(context: SbomContext, format: SbomFormat): Promise<void> {
  const { attestations } = await context.engine();
  const document = await attestations.document(
    context.operands[0] ?? '',
    format,
    optionsOf(context),
  );
  await put(`${JSON.stringify(document, undefined, 2)}\n`, context);
}

async function writeAttached(context: SbomContext): Promise<void> {
  const { flags, operands, env, signal, stderr } = context;
  const { format } = flags;
  if (format === 'table') {
    throw new UsageError('--attached prints a document as it is, not a table', {
      hint: 'Leave --format out, or say spdx-json or cyclonedx-json.',
    });
  }
  const { attestations } = await context.engine();
  const { document } = await attestations.attached(operands[0] ?? '', {
    signal,
    progress: warningLines(stderr),
    ...platformOption(flags.platform, env),
    ...(format && { format }),
  });
  await put(`${JSON.stringify(document, undefined, 2)}\n`, context);
}

function optionsOf({ flags, env, signal, stderr }: SbomContext): SbomOptions {
  const epoch = sourceDateEpoch(env['SOURCE_DATE_EPOCH']);
  return {
    signal,
    progress: warningLines(stderr),
    ...platformOption(flags.platform, env),
    ...(typeof epoch === 'number' && { sourceDateEpoch: epoch }),
  };
}

async function put(text: string, { cwd, stdout, flags: { output } }: SbomContext): Promise<void> {
  if (output === undefined) stdout.write(text);
  else await writeNewFile(cwd, output, once(Buffer.from(text)), VERB);
}
