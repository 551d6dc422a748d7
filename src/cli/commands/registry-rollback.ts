import { UsageError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { administrator, DATA_FLAG } from '../registry/data-folder.ts';
import { taggedName } from '../registry/tagged-name.ts';

/** `registry rollback`. */
export const registryRollback = command({
  usage: '--data DIR REPOSITORY:TAG DIGEST|N',
  operands: [2, 2],
  flags: DATA_FLAG,
  examples: [
    [
      'Undo the last push of a tag',
      'stave registry rollback --data registry team/app:v1 1',
      'a registry',
    ],
  ],

  async run(context) {
    const { operands, stdout, env } = context;
    const [typed = '', target = ''] = operands;
    const { repository, tag } = taggedName(typed);
    if (tag === undefined) throw new UsageError(`'${typed}' has no tag`);
    const { rollBackTarget } = await import('../../registry-server/maintenance/roll-back.ts');
    const to = rollBackTarget(target);
    const by = env['SUDO_USER'] ?? env['USER'];
    await using registry = await administrator(context);
    for await (const { before, now } of registry.run({
      order: 'rollback',
      repository,
      tag,
      to,
      by,
    })) {
      stdout.line(`${repository}:${tag} means ${now}, before ${before ?? 'nothing'}`);
    }
  },
});
