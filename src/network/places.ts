import { randomHex } from '../sys/random.ts';
import { overlaps, parseAddress, parseCidr, type Cidr } from './address.ts';
import { allocate } from './allocate.ts';
import { NetworkConflictError } from './errors.ts';
import { hostRoutes } from './host-routes.ts';
import { bridgeName } from './interfaces.ts';
import type { NetworkParts } from './parts.ts';
import { chooseSubnet } from './pool.ts';
import { endpointFrom, networkFrom, networkNamed, networkRow } from './records.ts';
import { hostResolver } from './resolver.ts';
import type {
  Attachment,
  EndpointRecord,
  NetworkedContainer,
  NetworkRecord,
  NetworkRequest,
} from './types.ts';

/** The places of a container on all its networks, `eth0` first. Throws what {@link placeOn} does. */
export function placesFor(
  parts: NetworkParts,
  container: NetworkedContainer,
  { networks, dns = [] }: NetworkRequest,
): EndpointRecord[] {
  const made: EndpointRecord[] = [];
  for (const [index, attachment] of networks.entries()) {
    made.push(placeOn(parts, container, attachment, `eth${index}`, dns, made));
  }
  return made;
}

/**
 * The place of a container on one network. Throws NetworkNotFoundError, InvalidNetworkError,
 * NetworkConflictError.
 */
export function placeOn(
  parts: NetworkParts,
  container: NetworkedContainer,
  attachment: Attachment,
  interfaceName: string,
  upstreams: readonly string[],
  beside: readonly EndpointRecord[] = [],
): EndpointRecord {
  const { network, others } = settled(parts, attachment.name);
  return allocate({
    container,
    network,
    attachment,
    others: [...others, ...beside.filter(({ networkId }) => networkId === network.id)],
    interfaceName,
    endpointId: randomHex(32),
    upstreams,
  });
}

/**
 * A network with addresses that the machine does not use itself. Those that were chosen here
 * are chosen anew when it has come to use them, as long as nobody is there.
 */
function settled(
  { store }: NetworkParts,
  name: string,
): { readonly network: NetworkRecord; readonly others: readonly EndpointRecord[] } {
  const [network, all, others] = store.read((tables) => {
    const found = networkNamed(tables, name);
    const rows = tables.endpoints.list().map(endpointFrom);
    return [
      found,
      tables.networks.list().map(networkFrom),
      rows.filter((one) => one.networkId === found.id),
    ] as const;
  });
  if (network.driver !== 'bridge') {
    throw new NetworkConflictError(
      `container cannot be connected to network ${network.name} beside others`,
    );
  }
  if (others.length > 0) return { network, others };
  const own = bridgeName(store.id, network.id);
  const host = hostRoutes()
    .filter(({ device }) => device !== own)
    .map(({ range }) => range);
  const [first] = network.subnets;
  const clash = network.subnets.some(({ subnet }) =>
    host.some((range) => overlaps(range, parseCidr(subnet) as Cidr)),
  );
  if (first && !clash) return { network, others };
  if (first && first.chosen !== true) {
    throw new NetworkConflictError(`the machine itself uses addresses of ${first.subnet}`, {
      hint: `Make network ${network.name} again with another --subnet.`,
    });
  }
  const taken = [
    ...host,
    ...nameServers(),
    ...all.filter((one) => one.id !== network.id).flatMap(rangesOf),
  ];
  const subnet = chooseSubnet(taken, store.id);
  const rest = network.subnets.filter((one) => one.subnet.includes(':'));
  const changed = { ...network, subnets: [subnet, ...rest] };
  store.note((tables) => tables.networks.put(networkRow(changed)));
  return { network: changed, others };
}

/** The ranges of a network's subnets. */
export function rangesOf({ subnets }: NetworkRecord): Cidr[] {
  return subnets.map(({ subnet }) => parseCidr(subnet) as Cidr);
}

/** The machine's name servers: a subnet around one of them would hide it. */
export function nameServers(): Cidr[] {
  return hostResolver().nameservers.flatMap((text) => {
    const address = parseAddress(text);
    return address ? [{ ...address, prefix: address.family === 4 ? 32 : 128 }] : [];
  });
}
