import { StaveError } from '../../base/errors.ts';
import type { Engine } from '../../engine/engine.ts';
import { command } from '../command.ts';
import { confirm } from '../confirm.ts';
import { imagePruneFilter } from '../filters.ts';
import { flag } from '../flags.ts';
import type { Output } from '../output.ts';
import { humanSize } from '../units.ts';

/** `system prune`. */
export const systemPrune = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    all: flag.toggle('Every image that no container uses, and every build result', 'a'),
    filter: flag.filter("Only what passes: 'until=24h', 'label=a=b'", undefined, [
      'label',
      'label!',
      'until',
    ]),
    force: flag.toggle('Do not ask', 'f'),
    volumes: flag.toggle('Unnamed volumes too; they always go with their containers'),
  },
  examples: [
    ['Remove what is not used', 'stave system prune'],
    ['Everything that no container needs', 'stave system prune -a -f'],
  ],

  async run(context) {
    const { flags, stdout, clock } = context;
    const filter = imagePruneFilter(flags.filter, clock.now());
    if (!flags.force) {
      const what = [
        'all stopped containers',
        'all networks not used by at least one container',
        ...(flags.volumes ? ['all anonymous volumes not used by at least one container'] : []),
        flags.all
          ? 'all images without at least one container associated to them'
          : 'all dangling images',
        flags.all ? 'all build cache' : 'unused build cache',
      ];
      const list = what.map((one) => `\n  - ${one}`).join('');
      if (!(await confirm(context, `This will remove:${list}\n`))) return;
    }
    const engine = await context.engine();
    const before = (await engine.system.diskUsage()).containers.rows;
    const labels = flags.filter.some(({ key }) => key.startsWith('label'));
    const gone = labels ? [] : await removeContainers(engine, filter.until);
    section(stdout, 'Deleted Containers:', gone);
    const images = await engine.images.prune({ filter, all: flags.all });
    section(
      stdout,
      'Deleted Images:',
      images.removed.map((one) =>
        'untagged' in one ? `untagged: ${one.untagged}` : `deleted: ${one.deleted}`,
      ),
    );
    // Build results have no labels.
    const cache = labels
      ? { removed: [], bytes: 0 }
      : await engine.system.pruneCache({
          all: flags.all,
          filter: filter.until === undefined ? {} : { usedBefore: filter.until },
        });
    section(
      stdout,
      'Deleted build cache objects:',
      cache.removed.map(({ id }) => id),
    );
    const written = before
      .filter(({ container }) => gone.includes(container.id))
      .reduce((bytes, { size }) => bytes + size, 0);
    const bytes = written + images.bytes + cache.bytes;
    stdout.line(`Total reclaimed space: ${humanSize(bytes, 4)}`);
  },
});

/** Removes what has ended, or was made before a time; what has begun meanwhile stays. */
async function removeContainers(
  { containers }: Engine,
  until: Date | undefined,
): Promise<readonly string[]> {
  const gone: string[] = [];
  for (const { id, state, created } of await containers.list({ all: true })) {
    if (state === 'running' || (until !== undefined && created >= until)) continue;
    try {
      await containers.remove(id);
      gone.push(id);
    } catch (error) {
      if (!(error instanceof StaveError)) throw error;
    }
  }
  return gone;
}

function section(stdout: Output, title: string, lines: readonly string[]): void {
  if (lines.length === 0) return;
  stdout.line(title);
  for (const line of lines) stdout.line(line);
  stdout.line('');
}
