import { inspectNetwork, listNetworks, type NetworkWithEndpoints } from '../../network/manage.ts';
import type { NetworkParts } from '../../network/parts.ts';
import type { NetworkDetails } from '../network-types.ts';
import { aliveContainers } from './alive.ts';

/** All networks, by name, each with the containers that run there. */
export function showNetworks(parts: NetworkParts): NetworkDetails[] {
  const alive = aliveContainers(parts.store);
  return listNetworks(parts).map((one) => details(one, alive));
}

/** One network with the containers that run there. Throws NetworkNotFoundError. */
export function showNetwork(parts: NetworkParts, name: string): NetworkDetails {
  return details(inspectNetwork(parts, name), aliveContainers(parts.store));
}

function details(
  { network, endpoints }: NetworkWithEndpoints,
  alive: ReadonlySet<string>,
): NetworkDetails {
  const members = endpoints
    // Nobody has swept the others yet.
    .filter(({ containerId }) => alive.has(containerId))
    .map(({ containerId, containerName, endpointId, mac, ip, prefix, ip6, prefix6 }) => ({
      containerId,
      name: containerName,
      endpointId,
      mac,
      ipv4: ip === '' ? '' : `${ip}/${prefix}`,
      ipv6: ip6 === undefined ? '' : `${ip6}/${prefix6}`,
    }));
  return { ...network, members };
}
