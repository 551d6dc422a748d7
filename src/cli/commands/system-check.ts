import { Exit } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { openTransferRenderer } from '../render/renderer.ts';

/** `system check`, `fsck`. */
export const systemCheck = command({
  usage: '[OPTIONS]',
  operands: [0, 0],
  flags: {
    quick: flag.toggle('Look at names and sizes only; hash nothing'),
    repair: flag.toggle('Drop what is damaged and what belongs to nobody'),
  },
  examples: [
    ['Is everything as it was stored?', 'stave fsck'],
    ['After a power loss', 'stave fsck --repair'],
  ],

  async run({ flags, engine, stdout, stderr, env, signal }) {
    const { system } = await engine();
    const result = await (async () => {
      using display = await openTransferRenderer(stderr, env);
      return await system.check({ ...flags, signal, progress: display.sink });
    })();
    for (const { kind, key, what, repaired } of result.problems) {
      stdout.line(`${kind} ${key}: ${what}${repaired ? ' (repaired)' : ''}`);
    }
    const left = result.problems.filter(({ repaired }) => !repaired).length;
    const checked = [
      counted(result.images, 'image'),
      counted(result.layers, 'layer'),
      counted(result.blobs, 'blob'),
    ].join(', ');
    stdout.line(`${checked}: ${verdict(result.problems.length, left)}`);
    return left > 0 ? Exit.failure : Exit.ok;
  },
});

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function verdict(found: number, left: number): string {
  if (found === 0) return 'clean';
  const problems = counted(found, 'problem');
  return left === 0 ? `${problems}, all repaired` : `${problems}, ${left} left`;
}
