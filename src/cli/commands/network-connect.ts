import { command } from '../command.ts';
import { flag, refused } from '../flags.ts';

/** `network connect`. */
export const networkConnect = command({
  usage: '[OPTIONS] NETWORK CONTAINER',
  operands: [2, 2],
  flags: {
    alias: flag.stringSlice('strings', 'Another name of the container there'),
    ...refused('there are no options of drivers for single containers', ['driver-opt']),
    'gw-priority': flag.number('int', 'The network with the highest gives the way out'),
    ip: flag.text('ip', 'The IPv4 address to have there'),
    ip6: flag.text('ip', 'The IPv6 address to have there'),
    ...refused('links between containers are not available: their names work on networks', [
      'link',
      'link-local-ip',
    ]),
  },
  examples: [['A further network', 'stave network connect --alias db backend web1', 'a container']],

  async run({ operands, flags, engine }) {
    const [network = '', container = ''] = operands;
    const { alias, ip, ip6, 'gw-priority': gwPriority } = flags;
    const { networks } = await engine();
    await networks.connect(network, container, {
      ...(alias.length > 0 && { aliases: alias }),
      ...(ip !== undefined && { ip }),
      ...(ip6 !== undefined && { ip6 }),
      ...(gwPriority !== undefined && { gwPriority }),
    });
  },
});
