import type { CollectRow } from '../../registry-server/maintenance/collect.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { administrator, DATA_FLAG } from '../registry/data-folder.ts';
import { humanSize } from '../units.ts';

const DAY = 24 * 3_600_000;

/** `registry gc`. */
export const registryGc = command({
  usage: '[OPTIONS] --data DIR',
  operands: [0, 0],
  flags: {
    ...DATA_FLAG,
    all: flag.toggle('Also show what stays, and why', 'a'),
    'dry-run': flag.toggle('Remove nothing; show what would go'),
    format: flag.choice(['text', 'json'], 'One line or one object of JSON for each thing'),
    grace: flag.age('What was of use less than this ago stays, "24h" by default'),
  },
  examples: [
    ['What would go, and why', 'stave registry gc --data registry --dry-run', 'a registry'],
    ['Why each blob is there', 'stave registry gc --data registry --dry-run --all', 'a registry'],
  ],

  async run(context) {
    const { flags, stdout } = context;
    const { all, format, grace = DAY, 'dry-run': dryRun } = flags;
    await using registry = await administrator(context);
    let removed = 0;
    let bytes = 0;
    for await (const row of registry.run({ order: 'collect', grace, dryRun })) {
      if (row.removed) removed += 1;
      if (row.removed && row.kind !== 'blob') bytes += row.size;
      if (!row.removed && !all) continue;
      stdout.line(format === 'json' ? JSON.stringify(row) : line(row, dryRun));
    }
    if (format === 'json') return;
    const verb = dryRun ? 'would be removed' : 'removed';
    stdout.line(`${removed} ${removed === 1 ? 'thing' : 'things'} ${verb}: ${humanSize(bytes)}`);
  },
});

function line(row: CollectRow, dryRun: boolean): string {
  const verb = row.removed ? (dryRun ? 'would remove' : 'removed') : 'kept';
  const size = row.kind === 'repository' ? '' : ` (${humanSize(row.size)})`;
  return `${verb} ${row.kind} ${placeOf(row)}${size}: ${row.reason}`;
}

function placeOf({ kind, repository, name }: CollectRow): string {
  if (repository === undefined || kind === 'repository') return name;
  return kind === 'upload' ? `${repository} ${name}` : `${repository}@${name}`;
}
