import { formatAddress, parseAddress, parseCidr, type Address, type Cidr } from './address.ts';
import { hasNames } from './dns.ts';
import { InvalidNetworkError, NetworkConflictError } from './errors.ts';
import { freeAddress, isHost } from './pool.ts';
import type {
  Attachment,
  EndpointRecord,
  NetworkedContainer,
  NetworkRecord,
  Subnet,
} from './types.ts';

const MAC = /^[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}$/;
const DNS_NAME = /^[a-zA-Z0-9_](?:[a-zA-Z0-9_.-]{0,253})$/;
const SHORT_ID = 12;

/** What an endpoint is made of. */
export interface EndpointParts {
  readonly container: NetworkedContainer;
  readonly network: NetworkRecord;
  readonly attachment: Attachment;
  /** Who is on the network already. */
  readonly others: readonly EndpointRecord[];
  readonly interfaceName: string;
  /** 64 random hex digits. */
  readonly endpointId: string;
  readonly upstreams: readonly string[];
}

/**
 * A container's place on a network: addresses and names. Throws InvalidNetworkError when what
 * was asked for cannot be, and NetworkConflictError when it is taken.
 */
export function allocate(parts: EndpointParts): EndpointRecord {
  const { container, network, attachment, others, upstreams } = parts;
  checkAttachment(network, attachment);
  if (others.some(({ containerId }) => containerId === container.id)) {
    throw new NetworkConflictError(
      `endpoint with name ${container.name} already exists in network ${network.name}`,
    );
  }
  const v4 = take(network, attachment.ip, others, 4);
  const v6 = take(network, attachment.ip6, others, 6);
  const mac = attachment.mac?.toLowerCase() ?? macFor(v4?.ip, parts.endpointId);
  const { aliases = [], driverOpts, gwPriority, ip, ip6 } = attachment;
  const asked = {
    ...(ip !== undefined && { ip }),
    ...(ip6 !== undefined && { ip6 }),
    ...(attachment.mac !== undefined && { mac }),
  };
  return {
    endpointId: parts.endpointId,
    containerId: container.id,
    containerName: container.name,
    networkId: network.id,
    networkName: network.name,
    interfaceName: parts.interfaceName,
    mac,
    ip: v4?.ip ?? '',
    prefix: v4?.prefix ?? 0,
    ...(v4 && !network.internal && { gateway: v4.gateway }),
    ...(v6 && { ip6: v6.ip, prefix6: v6.prefix }),
    ...(v6 && !network.internal && { gateway6: v6.gateway }),
    aliases,
    dnsNames: hasNames({ network }) ? dnsNamesOf(container, aliases) : [],
    ...(driverOpts && { driverOpts }),
    ...(gwPriority !== undefined && { gwPriority }),
    ...(Object.keys(asked).length > 0 && { asked }),
    ports: [],
    ...(upstreams.length > 0 && { upstreams }),
  };
}

/** Names that others on a network can call a container by; hosts may be called anything. */
export function dnsNamesOf(
  { id, name, hostname }: NetworkedContainer,
  aliases: readonly string[],
): string[] {
  const all = [name, ...aliases, id.slice(0, SHORT_ID), hostname];
  return [...new Set(all.filter((one) => DNS_NAME.test(one)))];
}

/** Throws InvalidNetworkError when nobody could be on this network in this way. */
export function checkAttachment(network: NetworkRecord, attachment: Attachment): void {
  const { aliases = [], ip, ip6, mac } = attachment;
  if (aliases.length > 0 && !hasNames({ network })) {
    throw new InvalidNetworkError(
      'network-scoped alias is supported only for containers in user defined networks',
      { hint: "Make a network with 'stave network create'." },
    );
  }
  const odd = aliases.find((alias) => !DNS_NAME.test(alias));
  if (odd !== undefined) {
    throw new InvalidNetworkError(`invalid network alias ${JSON.stringify(odd)}`);
  }
  if (mac !== undefined && (!MAC.test(mac) || (Number.parseInt(mac.slice(0, 2), 16) & 1) === 1)) {
    throw new InvalidNetworkError(`invalid MAC address: ${mac}`);
  }
  if (ip === undefined && ip6 === undefined) return;
  if (!hasNames({ network })) {
    throw new InvalidNetworkError(
      'user specified IP address is supported on user defined networks only',
    );
  }
  for (const [text, family] of [
    [ip, 4],
    [ip6, 6],
  ] as const) {
    if (text === undefined) continue;
    const address = parseAddress(text);
    if (address?.family !== family) {
      throw new InvalidNetworkError(`invalid IPv${family} address: ${text}`);
    }
    const own = network.subnets.filter((one) => familyOf(one) === family);
    if (own.every(({ chosen }) => chosen === true)) {
      throw new InvalidNetworkError(
        'user specified IP address is supported only when connecting to networks with user configured subnets',
        { hint: `Give ${network.name} a --subnet when you create it.` },
      );
    }
    if (!own.some((subnet) => isHost(subnet, address))) {
      throw new InvalidNetworkError(
        `invalid address ${text}: it is no free host of ${own.map(({ subnet }) => subnet).join(', ')}`,
      );
    }
  }
}

interface Place {
  readonly ip: string;
  readonly prefix: number;
  readonly gateway: string;
}

function take(
  network: NetworkRecord,
  asked: string | undefined,
  others: readonly EndpointRecord[],
  family: 4 | 6,
): Place | undefined {
  const subnets = network.subnets.filter((one) => familyOf(one) === family);
  const [first] = subnets;
  if (!first) return undefined;
  const taken = new Set(others.map(({ ip, ip6 }) => (family === 4 ? ip : (ip6 ?? ''))));
  if (asked === undefined) return place(freeIn(subnets, taken));
  const address = parseAddress(asked) as Address;
  const text = formatAddress(address);
  const subnet = subnets.find((one) => isHost(one, address)) ?? first;
  if (taken.has(text)) {
    throw new NetworkConflictError('Address already in use', {
      hint: `Another container has ${text}.`,
    });
  }
  return place({ subnet, ip: text });
}

function freeIn(
  subnets: readonly Subnet[],
  taken: ReadonlySet<string>,
): { readonly subnet: Subnet; readonly ip: string } {
  let failure: unknown;
  for (const subnet of subnets) {
    try {
      return { subnet, ip: freeAddress(subnet, taken) };
    } catch (error) {
      failure = error;
    }
  }
  throw failure;
}

function place({ subnet, ip }: { subnet: Subnet; ip: string }): Place {
  return { ip, prefix: (parseCidr(subnet.subnet) as Cidr).prefix, gateway: subnet.gateway };
}

function familyOf({ subnet }: Subnet): 4 | 6 {
  return subnet.includes(':') ? 6 : 4;
}

/** The same for the same address, so that nobody remembers a wrong one. */
function macFor(ip: string | undefined, endpointId: string): string {
  const address = ip === undefined ? undefined : parseAddress(ip);
  const hex = address ? address.value.toString(16).padStart(8, '0') : endpointId.slice(0, 8);
  return `02:42:${(hex.match(/../g) ?? []).join(':')}`;
}
