import { command } from '../command.ts';
import { flag } from '../flags.ts';

/** `network disconnect`. */
export const networkDisconnect = command({
  usage: '[OPTIONS] NETWORK CONTAINER',
  operands: [2, 2],
  flags: { force: flag.toggle('A container that is gone is no failure', 'f') },
  examples: [['Off a network', 'stave network disconnect backend web1', 'a container']],

  async run({ operands, flags, engine }) {
    const [network = '', container = ''] = operands;
    const { networks } = await engine();
    await networks.disconnect(network, container, { force: flags.force });
  },
});
