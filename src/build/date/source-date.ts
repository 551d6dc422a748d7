import { statSync } from 'node:fs';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Vertex } from '../graph.ts';
import type { DockerfileInput, MainContext } from '../inputs.ts';
import type { Contexts } from '../ops/recipe.ts';
import { readFile } from '../plan.ts';

const NAME = 'SOURCE_DATE_EPOCH';

/** What says to which date times are clamped. */
interface DateInput {
  readonly context: MainContext;
  readonly args: ReadonlyMap<string, string>;
  readonly sourceDateEpoch: number | 'context' | undefined;
  readonly reproducible?: boolean;
}

/** What can be asked for where no commit has a date. */
interface DateParts {
  /** The build as it is without a date. */
  readonly targets: () => Promise<readonly (Vertex | undefined)[]>;
  readonly contexts: Contexts;
}

/** A build that knows its date. */
export type Dated<T> = Omit<T, 'sourceDateEpoch'> & {
  readonly sourceDateEpoch: number | undefined;
};

/** A build with its date; commands may ask for that as an argument. Throws InvalidInputError. */
export async function dated<T extends DateInput>(
  input: T,
  dockerfile: DockerfileInput,
  parts: DateParts,
  call: CallOptions,
): Promise<Dated<T>> {
  const date = await sourceDate(input, dockerfile, parts, call);
  if (date === undefined) return { ...input, sourceDateEpoch: undefined };
  const args = new Map([...input.args, [NAME, String(date)]]);
  return { ...input, args, sourceDateEpoch: date };
}

/**
 * The date that a build is clamped to, in seconds since the epoch: as it was given, else the
 * default of the Dockerfile's global `ARG SOURCE_DATE_EPOCH`, else with `reproducible` that of
 * the context. That is its git commit's, or the time of the newest file that the build reads,
 * the Dockerfile among them. Throws InvalidInputError.
 */
async function sourceDate(
  input: DateInput,
  dockerfile: DockerfileInput,
  parts: DateParts,
  call: CallOptions,
): Promise<number | undefined> {
  const asked = input.sourceDateEpoch ?? defaultOf(dockerfile, input.args);
  if (typeof asked === 'number') return asked;
  if (asked === undefined && input.reproducible !== true) return undefined;
  const known = await contextDate(input.context);
  if (known !== undefined) return known;
  const { newestFile } = await import('./newest-file.ts');
  const file = await newestFile(await parts.targets(), parts.contexts, call);
  const { path } = dockerfile;
  const own = path === undefined ? 0 : Math.floor(statSync(path).mtimeMs / 1000);
  return Math.max(file ?? 0, own);
}

/** Of a fetched context when it was made; of a directory the date of its commit. */
async function contextDate(context: MainContext): Promise<number | undefined> {
  if (context === undefined) return undefined;
  if (typeof context === 'object') return context.time;
  const { commitDate } = await import('./commit-date.ts');
  return commitDate(context);
}

/** What the Dockerfile itself says, before its first FROM. */
function defaultOf(
  dockerfile: DockerfileInput,
  args: ReadonlyMap<string, string>,
): number | 'context' | undefined {
  if (!dockerfile.text.includes(NAME)) return undefined;
  const value = readFile(dockerfile, args)
    .globals.flatMap((one) => one.args)
    .findLast(({ name }) => name === NAME)?.value;
  if (!value) return undefined;
  const text = value.raw.replace(/^(["'])(.*)\1$/, '$2');
  if (text === '' || text === 'context') return text || undefined;
  if (/^\d{1,12}$/.test(text)) return Number(text);
  throw new InvalidInputError(`invalid ${NAME}: ${JSON.stringify(text)}`, {
    hint: "It is a number of seconds since 1970, or 'context' for the date of its git commit.",
  });
}
