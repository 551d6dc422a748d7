import { StaveError } from '../../base/errors.ts';
import type { NetworkDetails, Networks } from '../../engine/network-types.ts';

class NoSuchNetwork extends StaveError {
  readonly code = 'NETWORK_NOT_FOUND';
}

const PLAIN = {
  createdAt: Date.UTC(2026, 10, 21, 7, 8, 16),
  driver: 'bridge',
  internal: false,
  ipv4: true,
  ipv6: false,
  attachable: false,
  subnets: [],
  options: {},
  ipamOptions: {},
  labels: {},
  members: [],
} satisfies Omit<NetworkDetails, 'id' | 'name'>;

/** The networks of a store with one that was made by hand; `asked` gets what is asked of them. */
export function fakeNetworks(asked: unknown[]): Networks {
  const networks: NetworkDetails[] = [
    {
      ...PLAIN,
      id: 'ba'.padEnd(64, '0'),
      name: 'backend',
      internal: true,
      subnets: [{ subnet: '10.9.0.0/24', gateway: '10.9.0.1', range: '10.9.0.128/25' }],
      labels: { tier: 'back' },
      members: [
        {
          containerId: 'c1'.padEnd(64, '0'),
          name: 'web1',
          endpointId: 'e1'.padEnd(64, '0'),
          mac: '02:42:0a:09:00:02',
          ipv4: '10.9.0.2/24',
          ipv6: '',
        },
      ],
    },
    { ...PLAIN, id: 'b1'.padEnd(64, '0'), name: 'bridge' },
    { ...PLAIN, id: 'd0'.padEnd(64, '0'), name: 'none', driver: 'null' },
    { ...PLAIN, id: 'f5'.padEnd(64, '0'), name: 'front' },
  ];
  const find = (name: string): NetworkDetails => {
    const found = networks.find((one) => one.name === name || one.id.startsWith(name));
    if (!found) throw new NoSuchNetwork(`network ${name} not found`);
    return found;
  };
  return {
    async create(request) {
      asked.push(request);
      return 'c7'.padEnd(64, '0');
    },
    list: async () => networks,
    inspect: async (name) => find(name),
    remove: async (name) => void asked.push(find(name).name),
    async prune(filter) {
      asked.push(filter);
      return ['front'];
    },
    connect: async (...call) => void asked.push(call),
    disconnect: async (...call) => void asked.push(call),
  };
}
