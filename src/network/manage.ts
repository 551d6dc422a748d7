import { randomHex } from '../sys/random.ts';
import { defineNetwork } from './define.ts';
import { NetworkConflictError, PredefinedNetworkError } from './errors.ts';
import { hostRoutes } from './host-routes.ts';
import { withNetworkLock } from './lock.ts';
import type { NetworkParts } from './parts.ts';
import { nameServers, rangesOf } from './places.ts';
import { endpointFrom, networkFrom, networkNamed, networkRow, tellNetwork } from './records.ts';
import type { EndpointRecord, NetworkCreateRequest, NetworkRecord } from './types.ts';

const SHORT_ID = 12;

/** A network with who is on it. */
export interface NetworkWithEndpoints {
  readonly network: NetworkRecord;
  readonly endpoints: readonly EndpointRecord[];
}

/**
 * Makes a network. Nothing of it is on the machine before its first container. Throws
 * InvalidNetworkError, PredefinedNetworkError, NetworkConflictError.
 */
export async function createNetwork(
  { store, stateDir }: NetworkParts,
  request: NetworkCreateRequest,
): Promise<NetworkRecord> {
  return withNetworkLock(stateDir, async () => {
    const all = store.read((tables) => tables.networks.list().map(networkFrom));
    const now = store.clock.now().getTime();
    const others = all.flatMap(rangesOf);
    const host = [...hostRoutes().map(({ range }) => range), ...nameServers()];
    const around = { id: randomHex(32), storeId: store.id, now, others, host };
    const network = defineNetwork(request, around);
    if (all.some(({ name }) => name === network.name)) {
      throw new NetworkConflictError(`network with name ${network.name} already exists`);
    }
    store.write((tables) => {
      tables.networks.put(networkRow(network));
      tellNetwork(tables, 'create', network, now);
    });
    return Promise.resolve(network);
  });
}

/** All networks, by name. */
export function listNetworks({ store }: NetworkParts): NetworkWithEndpoints[] {
  return store.read((tables) => {
    const on = Map.groupBy(tables.endpoints.list().map(endpointFrom), (one) => one.networkId);
    return tables.networks
      .list()
      .map((row) => ({ network: networkFrom(row), endpoints: on.get(row.id) ?? [] }));
  });
}

/** By name, ID, or the unique beginning of an ID. Throws NetworkNotFoundError. */
export function inspectNetwork({ store }: NetworkParts, name: string): NetworkWithEndpoints {
  return store.read((tables) => {
    const network = networkNamed(tables, name);
    const on = tables.endpoints.list().map(endpointFrom);
    return { network, endpoints: on.filter(({ networkId }) => networkId === network.id) };
  });
}

/**
 * Removes a network that nobody is on. Throws NetworkNotFoundError, PredefinedNetworkError,
 * NetworkConflictError.
 */
export async function removeNetwork(
  { store, stateDir }: NetworkParts,
  name: string,
): Promise<NetworkRecord> {
  return withNetworkLock(stateDir, () => {
    const at = store.clock.now().getTime();
    const removed = store.write((tables) => {
      const network = networkNamed(tables, name);
      if (isPredefined(network)) {
        throw new PredefinedNetworkError(
          `${network.name} is a pre-defined network and cannot be removed`,
        );
      }
      const on = tables.endpoints.list().map(endpointFrom);
      const active = on.filter(({ networkId }) => networkId === network.id);
      if (active.length > 0) throw inUse(network, active);
      tables.networks.remove(network.id);
      tellNetwork(tables, 'destroy', network, at);
      return network;
    });
    return Promise.resolve(removed);
  });
}

function inUse({ name }: NetworkRecord, active: readonly EndpointRecord[]): NetworkConflictError {
  const who = active.map(
    ({ containerName, endpointId }) =>
      `name:"${containerName}" id:"${endpointId.slice(0, SHORT_ID)}"`,
  );
  return new NetworkConflictError(
    `error while removing network: network ${name} has active endpoints (${who.join(', ')})`,
    {
      hint: `Stop the containers, or take them off it with 'stave network disconnect ${name} CONTAINER'.`,
    },
  );
}

/** Whether a network comes with the store: `bridge`, `host` and `none`. */
export function isPredefined({ name }: Pick<NetworkRecord, 'name'>): boolean {
  return name === 'bridge' || name === 'host' || name === 'none';
}
