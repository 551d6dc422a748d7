import { UsageError } from '../../base/errors.ts';
import type { TagChange } from '../../engine/registry-types.ts';
import { command, type Context } from '../command.ts';
import { flag } from '../flags.ts';
import { administrator, DATA_FLAG } from '../registry/data-folder.ts';
import { alignTabs } from '../table.ts';
import { taggedName } from '../registry/tagged-name.ts';
import { rfc3339 } from '../times.ts';

const LIMIT = 100;

const FLAGS = {
  ...DATA_FLAG,
  format: flag.choice(['text', 'json'], 'A table, or one object of JSON for each change'),
  url: flag.text('url', 'Ask the registry there, which may be anywhere'),
  limit: flag.number('int', 'So many changes at most, the newest, 100 by default', 'n'),
};

/** `registry log`. */
export const registryLog = command({
  usage: '[OPTIONS] (--data DIR | --url URL) REPOSITORY[:TAG]',
  operands: [1, 1],
  flags: FLAGS,
  examples: [
    ['What a tag has meant', 'stave registry log --data registry team/app:v1', 'a registry'],
    [
      'The same of a registry elsewhere',
      'stave registry log --url http://localhost:5000 team/app:v1',
      'a registry',
    ],
    ['All that was pushed lately', 'stave registry log --data registry team/app', 'a registry'],
  ],

  async run(context) {
    const { flags, operands, stdout } = context;
    const [typed = ''] = operands;
    const { limit = LIMIT, format } = flags;
    if (limit < 1) throw new UsageError('--limit must be more than 0');
    const { repository, tag } = taggedName(typed);
    const changes = await changesOf(context, repository, { tag, limit });
    if (format === 'json') {
      for (const change of changes) stdout.line(JSON.stringify(objectOf(change)));
      return;
    }
    const lines = changes.map(({ time, tag: name, what, who = '-', digest = '-' }, back) => {
      const number = tag === undefined ? '' : `${back}\t`;
      return `${number}${rfc3339(time)}\t${name}\t${what}\t${who}\t${digest}`;
    });
    const head = `${tag === undefined ? '' : 'BACK\t'}TIME\tTAG\tWHAT\tWHO\tDIGEST`;
    stdout.write(`${alignTabs([head, ...lines].join('\n'))}\n`);
  },
});

async function changesOf(
  context: Context<typeof FLAGS>,
  repository: string,
  options: { readonly tag: string | undefined; readonly limit: number },
): Promise<readonly TagChange[]> {
  const { flags, engine, signal } = context;
  const { data, url } = flags;
  if (url === undefined) {
    await using registry = await administrator(context);
    const rows = await Array.fromAsync(registry.run({ order: 'log', repository, ...options }));
    return rows.map(({ at, tag, what, actor, digest }) => ({
      time: new Date(at),
      tag,
      what,
      who: actor ?? undefined,
      digest: digest ?? undefined,
    }));
  }
  if (data !== undefined) throw new UsageError('--data and --url exclude each other');
  if (!URL.canParse(url)) throw new UsageError(`'${url}' is not an address`);
  const { registries } = await engine();
  return registries.history(`${new URL(url).host}/${repository}`, { ...options, signal });
}

function objectOf({ time, tag, what, who, digest }: TagChange): object {
  return { time: time.toISOString(), tag, what, who: who ?? null, digest: digest ?? null };
}
