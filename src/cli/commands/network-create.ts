import { InvalidInputError } from '../../base/errors.ts';
import { command } from '../command.ts';
import { flag, refused } from '../flags.ts';
import { labelsOf } from '../key-values.ts';

/** `network create`. */
export const networkCreate = command({
  usage: '[OPTIONS] NETWORK',
  operands: [1, 1],
  flags: {
    attachable: flag.toggle('Recorded; every network here can be joined by hand'),
    'aux-address': flag.list('name=address', 'An address that no container gets'),
    ...refused('networks are described by their own options in this version', [
      'config-from',
      'config-only',
    ]),
    driver: flag.text('string', "What makes it: 'bridge'", 'd'),
    gateway: flag.stringSlice(
      'address',
      "The machine's address in the subnet; by default the first",
    ),
    ingress: flag.refused('there are no swarms'),
    internal: flag.toggle('No way out, and none in'),
    'ip-range': flag.stringSlice('range', 'Give containers addresses from a part of the subnet'),
    'ipam-driver': flag.text('string', "What gives addresses: 'default'"),
    ...refused('what gives addresses has no options', ['ipam-opt']),
    ipv4: flag.toggle('Give containers IPv4 addresses', undefined, true),
    ipv6: flag.toggle('Give containers IPv6 addresses'),
    label: flag.list('key=value', 'Set a label'),
    opt: flag.list('key=value', 'Set an option of the driver', 'o'),
    scope: flag.text('string', "Where it is: 'local'"),
    subnet: flag.stringSlice('range', 'The addresses of the network, such as 10.9.0.0/24'),
  },
  examples: [
    ['A network whose containers find each other by name', 'stave network create backend'],
    ['With addresses of its own', 'stave network create --subnet 10.9.0.0/24 front'],
    ['Without a way out', 'stave network create --internal vault'],
  ],

  async run({ operands, flags, typed, stdout, engine }) {
    const [name = ''] = operands;
    const { 'ipam-driver': ipam = 'default', scope = 'local', driver } = flags;
    if (ipam !== 'default') throw new InvalidInputError(`invalid IPAM driver "${ipam}"`);
    if (scope !== 'local') throw new InvalidInputError(`invalid network scope "${scope}"`);
    const { networks } = await engine();
    const id = await networks.create({
      name,
      ...(driver !== undefined && { driver }),
      subnets: flags.subnet,
      gateways: flags.gateway,
      ranges: flags['ip-range'],
      reserved: flags['aux-address'],
      internal: flags.internal,
      attachable: flags.attachable,
      ipv4: flags.ipv4,
      ...(typed.has('ipv6') && { ipv6: flags.ipv6 }),
      options: labelsOf(flags.opt),
      labels: labelsOf(flags.label),
    });
    stdout.line(id);
  },
});
