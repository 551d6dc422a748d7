import type { ContainerNetworks } from '../../network/types.ts';
import type { NetworkParts } from '../../network/parts.ts';
import type { Store } from '../../store/store.ts';
import { inUserNamespace } from '../../sys/user-namespace.ts';
import type { Networks } from '../network-types.ts';

/** Networks over a store. What does the work is loaded when it is asked for. */
export function networksOf(store: Store): Networks {
  const parts: NetworkParts = { store, stateDir: store.paths.run };
  return {
    async create(request) {
      const { createNetwork } = await import('../../network/manage.ts');
      return (await createNetwork(parts, request)).id;
    },
    list: async () => (await import('./show.ts')).showNetworks(parts),
    inspect: async (name) => (await import('./show.ts')).showNetwork(parts, name),
    async remove(name) {
      const { removeUnused } = await import('./prune.ts');
      await removeUnused(parts, name);
    },
    prune: async (filter) => (await import('./prune.ts')).pruneNetworks(parts, filter),
    async connect(network, container, options = {}) {
      const { connectContainer } = await import('./connect.ts');
      await connectContainer(parts, network, container, options);
    },
    async disconnect(network, container, options = {}) {
      const { disconnectContainer } = await import('./connect.ts');
      await disconnectContainer(parts, network, container, options);
    },
  };
}

/** The networks of the containers of a store, swept of what dead ones left. */
export async function openSwept(parts: NetworkParts): Promise<ContainerNetworks> {
  const [networks, { aliveContainers }] = await Promise.all([open(parts), import('./alive.ts')]);
  await networks.reconcile(() => aliveContainers(parts.store));
  return networks;
}

async function open(parts: NetworkParts): Promise<ContainerNetworks> {
  if (isMachineRoot()) return (await import('../../network/networks.ts')).openNetworks(parts);
  return (await import('../../network/rootless.ts')).rootlessNetworks(parts);
}

/** Root of the machine, not of a user namespace, where it is somebody else. */
function isMachineRoot(): boolean {
  return process.getuid?.() === 0 && !inUserNamespace();
}
