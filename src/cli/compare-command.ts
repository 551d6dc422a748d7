import { Exit, StaveError } from '../base/errors.ts';
import type { ContainerChange, FileDifference } from '../engine/understand-types.ts';
import type { Context } from './command.ts';
import { LETTERS, writeComparison } from './comparison-text.ts';
import { ComparisonError } from './errors.ts';
import { flag } from './flags.ts';
import { writeListing, type Listing } from './listing.ts';
import { pathLine, typedPath } from './origin-text.ts';
import { platformOption } from './platform-flag.ts';

/** As `diff` and `cmp` have it: something went wrong, so that nothing is known. */
const TROUBLE = 2;

/** The flags of comparing two images. */
export const COMPARE_FLAGS = {
  format: flag.text('string', "Form of the output: 'text', 'json' or a Go template per file"),
  'name-only': flag.toggle('Print the paths that differ and nothing else'),
  patch: flag.text('path', 'Show the difference of one file, as text'),
  path: flag.list('path', 'Only files at and below this path'),
  platform: flag.text('string', 'Of images for several platforms, the one to compare'),
  quiet: flag.toggle('Print nothing: the exit code says it', 'q'),
};

/** Prints in what two operands differ. Returns 1 when they do; throws ComparisonError (exit code 2). */
export async function compare(
  context: Context<typeof COMPARE_FLAGS>,
  [before, after]: readonly [string, string],
): Promise<number> {
  try {
    return await compared(context, before, after);
  } catch (error) {
    if (!(error instanceof StaveError) || error.exitCode !== Exit.failure) throw error;
    const { hint, httpStatus } = error;
    throw new ComparisonError(error.message, { hint, httpStatus, exitCode: TROUBLE, cause: error });
  }
}

async function compared(
  context: Context<typeof COMPARE_FLAGS>,
  before: string,
  after: string,
): Promise<number> {
  const { flags, stdout, signal } = context;
  const { images } = await context.engine();
  const options = { signal, ...platformOption(flags.platform) };
  if (flags.patch !== undefined) {
    const { text } = await images.diffFile(before, after, typedPath(flags.patch), options);
    if (!flags.quiet) stdout.write(text);
    return text === '' ? Exit.ok : Exit.failure;
  }
  const found = await images.diff(before, after, { ...options, paths: flags.path.map(typedPath) });
  if (flags.quiet) return found.same ? Exit.ok : Exit.failure;
  if (flags['name-only']) for (const { path } of found.files) stdout.line(pathLine(path));
  else if (flags.format === 'json') stdout.line(JSON.stringify(found, undefined, 2));
  else if (flags.format === undefined || flags.format === 'text') writeComparison(context, found);
  else await writeChanges(context, found.files, flags.format);
  return found.same ? Exit.ok : Exit.failure;
}

/** Prints changes in a form of `--format`, by default in Docker's: `C /etc`. */
export async function writeChanges(
  context: Pick<Context, 'stdout'>,
  rows: readonly (ContainerChange | FileDifference)[],
  format: string | undefined,
): Promise<void> {
  const listing: Listing<ContainerChange | FileDifference> = {
    rows,
    fields: [
      { key: 'Path', title: 'PATH', value: ({ path }) => pathLine(path) },
      { key: 'Type', title: 'CHANGE TYPE', value: ({ change }) => LETTERS[change] },
    ],
    type: '*formatter.diffContext',
    columns: ['Type', 'Path'],
  };
  if (format !== undefined) {
    await writeListing(context, listing, format);
    return;
  }
  for (const { path, change } of rows) context.stdout.line(`${LETTERS[change]} ${pathLine(path)}`);
}
