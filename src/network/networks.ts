import type { Lock } from '../sys/lock.ts';
import { parseAddress } from './address.ts';
import { dnsNamesOf } from './allocate.ts';
import { hasNames, serveNames } from './dns.ts';
import { InvalidNetworkError, NetworkConflictError } from './errors.ts';
import { gatewayEndpoint } from './gateway.ts';
import { linksOf, makeNetns, netnsOwners, storeLinks } from './kernel.ts';
import { containerLinks, defaultRoutes } from './links.ts';
import { withNetworkLock } from './lock.ts';
import type { NetworkParts } from './parts.ts';
import { placeOn, placesFor } from './places.ts';
import { portsFor } from './publish.ts';
import { endpointFrom, endpointRow, liveNetworks, networkNamed, tellNetwork } from './records.ts';
import { resolverFor } from './resolver.ts';
import type {
  Attachment,
  ContainerNetworks,
  EndpointRecord,
  NetworkedContainer,
  NetworkRecord,
  NetworkRequest,
  PreparedNetwork,
  RunningContainer,
} from './types.ts';
import { drop, join, networksOf, record, tidy } from './wiring.ts';

/** The networks of a store's containers: bridges, made by the kernel and rules of its firewall. */
export function openNetworks(parts: NetworkParts): ContainerNetworks {
  const { store, stateDir } = parts;
  const locked = <T>(body: (lock: Lock) => Promise<T>): Promise<T> =>
    withNetworkLock(stateDir, body);
  return {
    endpoints: (id) => store.read((tables) => tables.endpoints.of(id).map(endpointFrom)),
    prepare: (container, request) => locked(() => prepare(parts, container, request)),
    async release(id) {
      if (!isKnown(parts, id)) return;
      await locked((lock) => drop(parts, [id], lock));
    },
    connect: (container, attachment) => locked(() => connect(parts, container, attachment)),
    disconnect: (container, network) => locked(() => disconnect(parts, container, network)),
    rename: (id, name) => locked(() => rename(parts, id, name)),
    async reconcile(alive) {
      if (!hasLitter(parts, alive)) return;
      await locked(async () => {
        // Others may have swept, or come, meanwhile.
        if (hasLitter(parts, alive)) await drop(parts, deadOf(parts, alive()));
      });
    },
  };
}

/** Containers that have something of networks and do not live. */
function deadOf({ store, stateDir }: NetworkParts, alive: ReadonlySet<string>): string[] {
  const known = store.read((tables) => tables.endpoints.list().map(({ container }) => container));
  return [...new Set([...known, ...netnsOwners(stateDir)])].filter((id) => !alive.has(id));
}

function hasLitter(parts: NetworkParts, alive: () => ReadonlySet<string>): boolean {
  const live = parts.store.read(liveNetworks);
  const explained = live.reduce((sum, { endpoints }) => sum + 1 + endpoints.length, 0);
  const found = storeLinks(parts.store.id).length;
  if (found > explained) return true;
  // Without any of it nobody has to be looked at.
  if (explained === 0 && netnsOwners(parts.stateDir).length === 0) return false;
  return deadOf(parts, alive()).length > 0;
}

function isKnown({ store, stateDir }: NetworkParts, id: string): boolean {
  const rows = store.read((tables) => tables.endpoints.of(id).length);
  return rows > 0 || netnsOwners(stateDir).includes(id);
}

async function prepare(
  parts: NetworkParts,
  container: NetworkedContainer,
  request: NetworkRequest,
): Promise<PreparedNetwork> {
  const { store, stateDir } = parts;
  if (isKnown(parts, container.id)) await drop(parts, [container.id]);
  checkServers(request);
  const endpoints = placesFor(parts, container, request);
  const gateway = gatewayEndpoint(endpoints);
  using scope = new DisposableStack();
  const reserved = scope.use(portsFor(parts, request, gateway));
  const placed = endpoints.map((one) =>
    one === gateway ? { ...one, ports: reserved.ports } : one,
  );
  record(parts, placed);
  const networks = networksOf(parts, placed);
  try {
    const ways = gateway ? defaultRoutes(gateway) : [];
    const inside = containerLinks(store.id, placed, networks, process.pid);
    const netns = await makeNetns(stateDir, container.id, [...inside, ...ways]);
    await join(parts, placed, networks);
    scope.move();
    return {
      netns,
      reserved: reserved.fds,
      closeReserved: () => reserved[Symbol.dispose](),
      endpoints: placed,
      resolver: resolverFor(request, serversOf(placed, networks)),
      hostsEntries: hostsOf(container, placed, request),
    };
  } catch (error) {
    await drop(parts, [container.id]);
    throw error;
  }
}

/** What containers write into files for their resolvers must be addresses and words. */
function checkServers({ dns = [], dnsSearch = [], dnsOptions = [] }: NetworkRequest): void {
  const odd = dns.find((text) => !parseAddress(text));
  if (odd !== undefined) {
    throw new InvalidNetworkError(`bad nameserver address: ${odd} is not an IP address`);
  }
  const word = [...dnsSearch, ...dnsOptions].find((text) => !/^[\x21-\x7e]+$/.test(text));
  if (word !== undefined) {
    throw new InvalidNetworkError(`bad word for resolv.conf: ${JSON.stringify(word)}`);
  }
}

function serversOf(
  endpoints: readonly EndpointRecord[],
  networks: ReadonlyMap<string, NetworkRecord>,
): string[] {
  return endpoints.flatMap(({ networkId }) => {
    const network = networks.get(networkId);
    if (!network || !hasNames({ network })) return [];
    return network.subnets.map(({ gateway }) => gateway);
  });
}

function hostsOf(
  { hostname }: NetworkedContainer,
  endpoints: readonly EndpointRecord[],
  { extraHosts = [] }: NetworkRequest,
): (readonly [string, readonly string[]])[] {
  const gateway = endpoints.find((one) => one.gateway !== undefined)?.gateway;
  const asked = extraHosts.map((entry) => {
    const separator = entry.search(/[=:]/);
    const address = entry.slice(separator + 1);
    if (address !== 'host-gateway') return [address, [entry.slice(0, separator)]] as const;
    if (gateway === undefined) {
      throw new InvalidNetworkError('unable to derive the IP value for host-gateway', {
        hint: 'No network of the container has a way to the machine.',
      });
    }
    return [gateway, [entry.slice(0, separator)]] as const;
  });
  const own = endpoints.flatMap(({ ip, ip6 }) =>
    [ip, ip6 ?? ''].filter((one) => one !== '').map((one) => [one, [hostname]] as const),
  );
  return [...asked, ...own];
}

async function connect(
  parts: NetworkParts,
  container: RunningContainer,
  attachment: Attachment,
): Promise<EndpointRecord> {
  const { store } = parts;
  const before = store.read((tables) => tables.endpoints.of(container.id).map(endpointFrom));
  const used = new Set(before.map(({ interfaceName }) => interfaceName));
  const free = Array.from({ length: used.size + 1 }, (_, n) => `eth${n}`).find((n) => !used.has(n));
  const upstreams = before[0]?.upstreams ?? [];
  const endpoint = placeOn(parts, container, attachment, free ?? 'eth0', upstreams);
  record(parts, [endpoint]);
  const networks = networksOf(parts, [endpoint]);
  try {
    const gateway = gatewayEndpoint([...before, endpoint]);
    await linksOf(container.pid, [
      ...containerLinks(store.id, [endpoint], networks, process.pid),
      ...(gateway === endpoint ? defaultRoutes(endpoint) : []),
    ]);
    await join(parts, [endpoint], networks);
    return endpoint;
  } catch (error) {
    store.note((tables) => tables.endpoints.remove(container.id, endpoint.networkId));
    await tidy(parts);
    throw error;
  }
}

async function disconnect(
  parts: NetworkParts,
  container: RunningContainer,
  name: string,
): Promise<void> {
  const { store } = parts;
  const { network, endpoint, rest } = store.read((tables) => {
    const found = networkNamed(tables, name);
    const own = tables.endpoints.of(container.id).map(endpointFrom);
    return {
      network: found,
      endpoint: own.find((one) => one.networkId === found.id),
      rest: own.filter((one) => one.networkId !== found.id),
    };
  });
  if (!endpoint) {
    throw new NetworkConflictError(
      `container ${container.id} is not connected to network ${network.name}`,
      { httpStatus: 403 },
    );
  }
  const gateway = gatewayEndpoint(rest);
  const at = store.clock.now().getTime();
  store.note((tables) => {
    tables.endpoints.remove(container.id, network.id);
    if (gateway && endpoint.ports.length > 0) {
      tables.endpoints.put(
        endpointRow({ ...gateway, ports: [...gateway.ports, ...endpoint.ports] }),
      );
    }
    tellNetwork(tables, 'disconnect', network, at, container.id);
  });
  await tidy(parts);
  await linksOf(container.pid, gateway ? defaultRoutes(gateway) : []);
}

async function rename(parts: NetworkParts, id: string, name: string): Promise<void> {
  const { store, stateDir } = parts;
  store.note((tables) => {
    for (const row of tables.endpoints.of(id)) {
      const one = endpointFrom(row);
      const dnsNames = one.dnsNames.filter((other) => other !== one.containerName);
      const named = dnsNamesOf({ id, name, hostname: name }, dnsNames);
      const changed = { ...one, containerName: name, dnsNames: dnsNames.length > 0 ? named : [] };
      tables.endpoints.put(endpointRow(changed));
    }
  });
  await serveNames(stateDir, store.read(liveNetworks));
}
