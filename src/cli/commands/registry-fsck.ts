import { Exit } from '../../base/errors.ts';
import type { CheckCounts } from '../../registry-server/maintenance/fsck.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { dataFolder, DATA_FLAG } from '../registry/data-folder.ts';
import { humanSize } from '../units.ts';

/** `registry fsck`. */
export const registryFsck = command({
  usage: '[OPTIONS] --data DIR',
  operands: [0, 0],
  flags: {
    ...DATA_FLAG,
    format: flag.choice(['text', 'json'], 'One line or one object of JSON for each problem'),
    repair: flag.toggle('Mend what can be mended, and drop the rest'),
  },
  examples: [
    ['Is everything as it was pushed?', 'stave registry fsck --data registry', 'a registry'],
    ['After a disk failed', 'stave registry fsck --data registry --repair', 'a registry'],
  ],

  async run(context) {
    const { flags, stdout, clock, signal } = context;
    const { repair, format } = flags;
    const root = dataFolder(context);
    const { fsck } = await import('../../registry-server/maintenance/fsck.ts');
    const counts = { contents: 0, bytes: 0, repositories: 0, manifests: 0 };
    let found = 0;
    let left = 0;
    for await (const problem of fsck(root, { repair, clock, signal, counts })) {
      found += 1;
      if (problem.repair === undefined) left += 1;
      const { file, problem: what, consequence, repair: done } = problem;
      if (format === 'json') stdout.line(JSON.stringify(problem));
      else stdout.line(`${file}: ${what}; ${consequence}${done === undefined ? '' : ` (${done})`}`);
    }
    if (format !== 'json') stdout.line(`${looked(counts)}: ${verdict(found, left)}`);
    return left > 0 ? Exit.failure : Exit.ok;
  },
});

function looked({ contents, bytes, repositories, manifests }: CheckCounts): string {
  const all = [
    repositories === 1 ? '1 repository' : `${repositories} repositories`,
    manifests === 1 ? '1 manifest' : `${manifests} manifests`,
    contents === 1 ? '1 content' : `${contents} contents`,
  ];
  return `${all.join(', ')} of ${humanSize(bytes)}`;
}

function verdict(found: number, left: number): string {
  if (found === 0) return 'clean';
  const problems = `${found} problem${found === 1 ? '' : 's'}`;
  return left === 0 ? `${problems}, all repaired` : `${problems}, ${left} left`;
}
