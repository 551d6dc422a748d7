import type { RetainRow } from '../../registry-server/maintenance/retain.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { administrator, DATA_FLAG } from '../registry/data-folder.ts';
import { readRulesFile } from '../registry/rules-file.ts';

/** `registry retain`. */
export const registryRetain = command({
  usage: '[OPTIONS] --data DIR',
  operands: [0, 0],
  flags: {
    ...DATA_FLAG,
    all: flag.toggle('Also show what stays, and why', 'a'),
    'dry-run': flag.toggle('Remove nothing; show what would go'),
    format: flag.choice(['text', 'json'], 'One line or one object of JSON for each tag'),
    rules: flag.text('file', 'Rules in YAML or JSON; without it those of the running registry'),
  },
  examples: [
    [
      'What the rules would remove',
      'stave registry retain --data registry --rules rules.yaml --dry-run',
      'a registry',
    ],
  ],

  async run(context) {
    const { flags, stdout, cwd } = context;
    const { all, format, 'dry-run': dryRun } = flags;
    const rules = flags.rules === undefined ? undefined : await readRulesFile(flags.rules, cwd);
    await using registry = await administrator(context, rules);
    let removed = 0;
    for await (const row of registry.run({ order: 'retain', rules, dryRun })) {
      if (row.removed) removed += 1;
      if (!row.removed && !all) continue;
      stdout.line(format === 'json' ? JSON.stringify(row) : line(row, dryRun));
    }
    if (format === 'json') return;
    const verb = dryRun ? 'would be removed' : 'removed';
    stdout.line(`${removed} ${removed === 1 ? 'thing' : 'things'} ${verb}`);
  },
});

function line({ repository, tag, digest, removed, reason }: RetainRow, dryRun: boolean): string {
  const verb = removed ? (dryRun ? 'would remove' : 'removed') : 'kept';
  const name = tag === undefined ? `${repository}@${digest}` : `${repository}:${tag}`;
  return `${verb} ${name}: ${reason}`;
}
