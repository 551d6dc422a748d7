import { command } from '../command.ts';
import { flag } from '../flags.ts';
import { openTransferRenderer } from '../render/renderer.ts';
import { reachInsecure } from '../reach-flags.ts';

/** `manifest push`. */
export const manifestPush = command({
  usage: '[OPTIONS] LIST',
  operands: [1, 1],
  flags: {
    insecure: flag.toggle('Do without a valid certificate, and without TLS'),
    purge: flag.toggle('Forget the list afterwards', 'p'),
  },
  examples: [
    [
      'A list that was made',
      'stave manifest push --purge registry.example.com/app:1',
      'a registry',
    ],
  ],

  async run({ operands: [name = ''], flags, engine, stdout, stderr, env, signal }) {
    const { lists } = await engine(reachInsecure(flags.insecure));
    using display = await openTransferRenderer(stderr, env);
    const { purge } = flags;
    const pushed = await lists.push(name, { purge, signal, progress: display.sink });
    const repository = pushed.members.length === 0 ? '' : name.replace(/:[^/:]*$/, '');
    for (const { digest } of pushed.members) {
      stdout.line(`Pushed ref ${repository}@${digest} with digest: ${digest}`);
    }
    stdout.line(pushed.digest);
  },
});
