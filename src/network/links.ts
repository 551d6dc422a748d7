import { bridgeName, vethName } from './interfaces.ts';
import type { EndpointRecord, NetworkRecord } from './types.ts';

/**
 * Lines for `ip -batch`. All texts in them were made here or parsed: numbers, addresses, names
 * of interfaces.
 */
export type Batch = readonly string[];

/** In the namespace of a container: its ends of the pairs; the machine's end goes to `hostPid`'s. */
export function containerLinks(
  storeId: string,
  endpoints: readonly EndpointRecord[],
  networks: ReadonlyMap<string, NetworkRecord>,
  hostPid: number,
): Batch {
  return endpoints.flatMap((endpoint) => {
    const { interfaceName: name, mac, ip, prefix, ip6, prefix6, networkId } = endpoint;
    const mtu = networks.get(networkId)?.options['com.docker.network.driver.mtu'];
    return [
      `link add ${name} address ${mac} type veth peer name ${vethName(storeId, endpoint.endpointId)} netns ${hostPid}`,
      // Addresses that nobody gave it would wait for answers that may never come.
      `link set dev ${name} addrgenmode none`,
      ...(mtu === undefined ? [] : [`link set dev ${name} mtu ${mtu}`]),
      ...(ip === '' ? [] : [`addr add ${ip}/${prefix} broadcast + dev ${name}`]),
      ...(ip6 === undefined ? [] : [`addr add ${ip6}/${prefix6} dev ${name} nodad`]),
      `link set dev ${name} up`,
    ];
  });
}

/** In the namespace of a container: the ways out of it, by the endpoint that gives them. */
export function defaultRoutes(endpoint: EndpointRecord | undefined): Batch {
  if (!endpoint) return [];
  return [
    ...(endpoint.gateway === undefined
      ? []
      : [`route replace default via ${endpoint.gateway} dev ${endpoint.interfaceName}`]),
    ...(endpoint.gateway6 === undefined
      ? []
      : [`route replace default via ${endpoint.gateway6} dev ${endpoint.interfaceName}`]),
  ];
}

/** On the machine: a network's bridge. */
export function bridgeLinks(storeId: string, network: NetworkRecord): Batch {
  const name = bridgeName(storeId, network.id);
  const mtu = network.options['com.docker.network.driver.mtu'];
  // Of its own, or it would change with those who come and go.
  const mac = `02:42:${pairs(network.id.slice(0, 8))}`;
  return [
    `link add ${name} address ${mac} type bridge`,
    `link set dev ${name} addrgenmode none`,
    ...(mtu === undefined ? [] : [`link set dev ${name} mtu ${mtu}`]),
    ...network.subnets.map(({ subnet, gateway }) => {
      const length = subnet.slice(subnet.indexOf('/'));
      return `addr add ${gateway}${length} dev ${name}${subnet.includes(':') ? ' nodad' : ''}`;
    }),
    `link set dev ${name} up`,
  ];
}

/** On the machine: puts its ends of the pairs on the bridges. */
export function hostLinks(
  storeId: string,
  endpoints: readonly EndpointRecord[],
  networks: ReadonlyMap<string, NetworkRecord>,
): Batch {
  return endpoints.flatMap(({ endpointId, networkId }) => {
    const veth = vethName(storeId, endpointId);
    const options: NetworkRecord['options'] = networks.get(networkId)?.options ?? {};
    const mtu = options['com.docker.network.driver.mtu'];
    const isolation =
      options['com.docker.network.bridge.enable_icc'] === 'false' ? ' isolated on' : '';
    return [
      `link set dev ${veth} addrgenmode none`,
      ...(mtu === undefined ? [] : [`link set dev ${veth} mtu ${mtu}`]),
      `link set dev ${veth} master ${bridgeName(storeId, networkId)} up`,
      // A container that calls its own published port gets its packet back by the way it came.
      `link set dev ${veth} type bridge_slave hairpin on${isolation}`,
    ];
  });
}

/** `0a0b` as `0a:0b`. */
function pairs(hex: string): string {
  return (hex.match(/../g) ?? []).join(':');
}
