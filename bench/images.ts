import { join } from 'node:path';
import { must, type Contender } from './contenders.ts';
import { manyName, writeManyImages } from './many-images.ts';
import type { Workload } from './workload.ts';

const COUNT = 1000;
const NAME = manyName(COUNT / 2);
const EXTRA = 'many/extra:1';

/** Commands over a store of a thousand images; each contender loads them once. */
export function imageWorkloads(work: string): Record<string, () => Workload> {
  const filled = new Set<string>();
  const call = (contender: Contender, ...args: readonly string[]): void =>
    void must(contender.command(args), contender.env);
  const prepare = (contender: Contender): void => {
    if (filled.has(contender.name)) return;
    const archive = join(work, 'many.tar');
    if (filled.size === 0) writeManyImages(archive, COUNT);
    call(contender, 'load', '-q', '-i', archive);
    filled.add(contender.name);
  };
  const over = (
    name: string,
    args: readonly string[],
    more: Pick<Workload, 'after'> & { readonly before?: readonly string[] } = {},
  ): Workload => ({
    name,
    what: `\`${name}\`, ${COUNT} images`,
    prepare(contender) {
      if (contender.name === 'empty Node') return;
      prepare(contender);
      if (more.before) call(contender, ...more.before);
    },
    args: () => [...args],
    ...(more.after && { after: more.after }),
    startup: true,
  });
  return {
    'many-images': () => over('images', ['images']),
    'many-inspect': () => over('image inspect', ['image', 'inspect', NAME]),
    'many-history': () => over('history', ['history', NAME]),
    'many-tag': () => over('tag', ['tag', NAME, EXTRA], { after: later(['rmi', EXTRA]) }),
    'many-rmi': () =>
      over('rmi', ['rmi', EXTRA], {
        before: ['tag', NAME, EXTRA],
        after: later(['tag', NAME, EXTRA]),
      }),
  };
}

/** What undoes a command; an empty Node has done nothing. */
function later(args: string[]): (contender: Contender) => string[][] {
  return ({ name }) => (name === 'empty Node' ? [] : [args]);
}
