import { setTimeout as pause } from 'node:timers/promises';
import { Exit, UsageError } from '../../base/errors.ts';
import type { SyncRow } from '../../registry-server/mirror/sync-row.ts';
import type { SyncSettings } from '../../registry-server/mirror/sync-settings.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { administrator } from '../registry/data-folder.ts';
import { readMirrorFile } from '../registry/mirror-file.ts';
import { openStorage, STORAGE_FLAGS } from '../registry/storage-flags.ts';
import { syncLine } from '../registry/sync-line.ts';

const FLAGS = {
  ...STORAGE_FLAGS,
  config: flag.text('file', 'The jobs: "sync" of this file, in YAML or JSON'),
  'dry-run': flag.toggle('Copy and remove nothing; show what would be'),
  format: flag.choice(['text', 'json'], 'One line or one object of JSON for each tag'),
  once: flag.toggle('Carry all jobs out once, whatever their intervals, and end'),
};

const DAY = 24 * 3_600_000;
/** The longest that a timer can wait, in milliseconds. */
const LONGEST = 2 ** 31 - 1;

type SyncContext = Context<typeof FLAGS>;

/** `registry sync`. */
export const registrySync = command({
  usage: '[OPTIONS] --config FILE --data DIR | --s3 s3://BUCKET[/PREFIX]',
  operands: [0, 0],
  endsBySignal: true,
  flags: FLAGS,
  examples: [
    [
      'What would be copied',
      'stave registry sync --config sync.yaml --data registry --once --dry-run',
      'a registry',
    ],
  ],

  async run(context) {
    const { flags, cwd } = context;
    const { config, once, 'dry-run': dryRun } = flags;
    if (config === undefined) throw new UsageError('--config is required');
    const { sync: jobs } = await readMirrorFile(config, cwd);
    if (jobs.length === 0) throw new UsageError(`there are no jobs under "sync" in ${config}`);
    if (dryRun && !once) throw new UsageError('--dry-run needs --once');
    if (!once) {
      await follow(jobs, context);
      return Exit.ok;
    }
    let failed = 0;
    for (const job of jobs) failed += await carryOut(job, context);
    return failed > 0 ? Exit.failure : Exit.ok;
  },
});

/** Carries jobs out at their intervals, one at a time, until the process is asked to end. */
async function follow(jobs: readonly SyncSettings[], context: SyncContext): Promise<void> {
  const { signal, stderr, clock } = context;
  let last = Promise.resolve();
  const repeat = async (job: SyncSettings): Promise<void> => {
    const { every = DAY } = job;
    for (;;) {
      last = last.then(async () => {
        if (!signal.aborted) await carryOut(job, context);
      });
      const turn = last;
      last = turn.catch((error: unknown) => {
        const text = error instanceof Error ? error.message : String(error);
        if (!signal.aborted) stderr.line(`${clock.now().toISOString()} ${text}`);
      });
      await last;
      if (every > 0) {
        await pause(Math.min(every, LONGEST), undefined, { signal }).catch(() => undefined);
      }
      if (every === 0 || signal.aborted) return;
    }
  };
  await Promise.all(jobs.map(repeat));
}

/** How many things failed. */
async function carryOut(job: SyncSettings, context: SyncContext): Promise<number> {
  const { flags, stdout } = context;
  let failed = 0;
  for await (const row of rowsOf(job, context)) {
    if (row.outcome === 'failed') failed += 1;
    const isText = flags.format !== 'json';
    stdout.line(isText ? syncLine(row, flags['dry-run']) : JSON.stringify(row));
  }
  return failed;
}

/** By the registry that runs in the folder, or here when none does. */
async function* rowsOf(job: SyncSettings, context: SyncContext): AsyncGenerator<SyncRow, void> {
  const { flags, env, clock, signal } = context;
  const dryRun = flags['dry-run'];
  if (flags.s3 === undefined) {
    await using registry = await administrator(context);
    const { UPSTREAM_VARIABLES } = await import('../../registry-server/mirror/upstream.ts');
    const variables = Object.fromEntries(
      UPSTREAM_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])),
    );
    yield* registry.run({ order: 'sync', job, variables, dryRun });
    return;
  }
  const { NO_RULES } = await import('../../registry-server/maintenance/rules.ts');
  const keep = {
    every: 0,
    grace: DAY,
    rules: NO_RULES,
    readOnly: false,
    scrubRate: 0,
    scrubEvery: DAY,
  };
  await using kept = await openStorage(context, { keep, tell: () => undefined });
  const { syncOnce } = await import('../../registry-server/mirror/sync-rounds.ts');
  yield* syncOnce(job, {
    storage: kept.storage,
    clock,
    variable: (name) => env[name],
    isMirrored: () => false,
    tell: () => undefined,
    dryRun,
    signal,
  });
}
