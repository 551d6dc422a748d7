import type { EndpointRecord } from '../engine/network-types.ts';

type Json = Readonly<Record<string, unknown>>;

/** What is asked for of a network, whether or not the container runs. */
interface Wish {
  readonly name: string;
  readonly aliases?: readonly string[];
  readonly ip?: string;
  readonly ip6?: string;
  readonly driverOpts?: Readonly<Record<string, string>>;
  readonly gwPriority?: number;
}

/** What `NetworkSettings` is made of. */
export interface NetworkSettingsSource {
  readonly id: string;
  /** While it runs. */
  readonly endpoints: readonly EndpointRecord[];
  readonly wishes: readonly Wish[];
  /** `80/tcp`. */
  readonly exposed: readonly string[];
}

/** `NetworkSettings` of a container as `inspect` shows them: Docker's members in its order. */
export function networkSettings({ id, endpoints, wishes, exposed }: NetworkSettingsSource): Json {
  const isUp = endpoints.length > 0;
  const bridge = endpoints.find(({ networkName }) => networkName === 'bridge');
  return {
    Bridge: '',
    SandboxID: isUp ? id : '',
    SandboxKey: '',
    Ports: isUp ? portsOf(endpoints, exposed) : {},
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    EndpointID: bridge?.endpointId ?? '',
    Gateway: bridge?.gateway ?? '',
    GlobalIPv6Address: bridge?.ip6 ?? '',
    GlobalIPv6PrefixLen: bridge?.prefix6 ?? 0,
    IPAddress: bridge?.ip ?? '',
    IPPrefixLen: bridge?.prefix ?? 0,
    IPv6Gateway: bridge?.gateway6 ?? '',
    MacAddress: bridge?.mac ?? '',
    Networks: Object.fromEntries(
      isUp
        ? endpoints.map((one) => [one.networkName, ofEndpoint(one)])
        : wishes
            .filter(({ name }) => !name.startsWith('container:'))
            .map((wish) => [wish.name === 'default' ? 'bridge' : wish.name, ofWish(wish)]),
    ),
  };
}

/** By container port: where it is published, or null. */
function portsOf(endpoints: readonly EndpointRecord[], exposed: readonly string[]): Json {
  const ports = new Map<string, { HostIp: string; HostPort: string }[] | null>();
  for (const text of exposed) ports.set(text.includes('/') ? text : `${text}/tcp`, null);
  for (const { hostIp, hostPort, containerPort, protocol } of endpoints.flatMap((e) => e.ports)) {
    const key = `${containerPort}/${protocol}`;
    ports.set(key, [...(ports.get(key) ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]);
  }
  return Object.fromEntries(
    [...ports].toSorted(([a], [b]) => Number.parseInt(a, 10) - Number.parseInt(b, 10)),
  );
}

function ofEndpoint(endpoint: EndpointRecord): Json {
  const { asked, aliases } = endpoint;
  return settings({
    IPAMConfig: asked ? ipam(asked) : null,
    Aliases: aliases.length > 0 ? aliases : null,
    MacAddress: endpoint.mac,
    DriverOpts: endpoint.driverOpts ?? null,
    GwPriority: endpoint.gwPriority ?? 0,
    NetworkID: endpoint.networkId,
    EndpointID: endpoint.endpointId,
    Gateway: endpoint.gateway ?? '',
    IPAddress: endpoint.ip,
    IPPrefixLen: endpoint.prefix,
    IPv6Gateway: endpoint.gateway6 ?? '',
    GlobalIPv6Address: endpoint.ip6 ?? '',
    GlobalIPv6PrefixLen: endpoint.prefix6 ?? 0,
    DNSNames: endpoint.dnsNames.length > 0 ? endpoint.dnsNames : null,
  });
}

function ofWish(wish: Wish): Json {
  const { aliases = [], ip, ip6 } = wish;
  return settings({
    IPAMConfig: ip === undefined && ip6 === undefined ? null : ipam(wish),
    Aliases: aliases.length > 0 ? aliases : null,
    DriverOpts: wish.driverOpts ?? null,
    GwPriority: wish.gwPriority ?? 0,
  });
}

function ipam({ ip, ip6 }: { readonly ip?: string; readonly ip6?: string }): Json {
  return {
    ...(ip !== undefined && { IPv4Address: ip }),
    ...(ip6 !== undefined && { IPv6Address: ip6 }),
  };
}

function settings(known: Json): Json {
  return {
    IPAMConfig: null,
    Links: null,
    Aliases: null,
    MacAddress: '',
    DriverOpts: null,
    GwPriority: 0,
    NetworkID: '',
    EndpointID: '',
    Gateway: '',
    IPAddress: '',
    IPPrefixLen: 0,
    IPv6Gateway: '',
    GlobalIPv6Address: '',
    GlobalIPv6PrefixLen: 0,
    DNSNames: null,
    ...known,
  };
}
