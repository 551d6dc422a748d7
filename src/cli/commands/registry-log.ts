import { UsageError } from '../../base/errors.ts';
import type { HistoryRow } from '../../registry-server/index-tables.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { administrator, DATA_FLAG } from '../registry/data-folder.ts';
import { alignTabs } from '../table.ts';
import { taggedName } from '../registry/tagged-name.ts';
import { rfc3339 } from '../times.ts';

const LIMIT = 100;

/** `registry log`. */
export const registryLog = command({
  usage: '[OPTIONS] --data DIR REPOSITORY[:TAG]',
  operands: [1, 1],
  flags: {
    ...DATA_FLAG,
    format: flag.choice(['text', 'json'], 'A table, or one object of JSON for each change'),
    limit: flag.number('int', 'So many changes at most, the newest, 100 by default', 'n'),
  },
  examples: [
    ['What a tag has meant', 'stave registry log --data registry team/app:v1', 'a registry'],
    ['All that was pushed lately', 'stave registry log --data registry team/app', 'a registry'],
  ],

  async run(context) {
    const { flags, operands, stdout } = context;
    const [typed = ''] = operands;
    const { limit = LIMIT, format } = flags;
    if (limit < 1) throw new UsageError('--limit must be more than 0');
    const { repository, tag } = taggedName(typed);
    await using registry = await administrator(context);
    const rows: HistoryRow[] = [];
    for await (const row of registry.run({ order: 'log', repository, tag, limit })) {
      if (format === 'json') stdout.line(JSON.stringify(objectOf(row)));
      else rows.push(row);
    }
    if (format === 'json') return;
    const lines = rows.map((row, back) => {
      const number = tag === undefined ? '' : `${back}\t`;
      const who = row.actor ?? '-';
      return `${number}${rfc3339(new Date(row.at))}\t${row.tag}\t${row.what}\t${who}\t${row.digest ?? '-'}`;
    });
    const head = `${tag === undefined ? '' : 'BACK\t'}TIME\tTAG\tWHAT\tWHO\tDIGEST`;
    stdout.write(`${alignTabs([head, ...lines].join('\n'))}\n`);
  },
});

function objectOf({ tag, at, digest, actor, what }: HistoryRow): object {
  return { time: new Date(at).toISOString(), tag, what, who: actor, digest };
}
