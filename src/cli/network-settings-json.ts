import type { ContainerDetails } from '../engine/container-types.ts';

type Endpoint = ContainerDetails['endpoints'][number];

/** Where a container is on networks, as Docker's NetworkSettings. */
export function networkSettingsJson({
  endpoints,
  exposed,
  networks,
}: Pick<ContainerDetails, 'endpoints' | 'exposed' | 'networks'>): Readonly<
  Record<string, unknown>
> {
  const first = endpoints.find(({ networkName }) => networkName === 'bridge');
  return {
    Bridge: '',
    SandboxID: '',
    SandboxKey: '',
    Ports: portsOf(endpoints, exposed),
    HairpinMode: false,
    LinkLocalIPv6Address: '',
    LinkLocalIPv6PrefixLen: 0,
    SecondaryIPAddresses: null,
    SecondaryIPv6Addresses: null,
    ...placeOf(first),
    Networks:
      endpoints.length > 0
        ? Object.fromEntries(endpoints.map((one) => [one.networkName, networkOf(one)]))
        : Object.fromEntries(networks.map((name) => [name, networkOf(undefined)])),
  };
}

function portsOf(
  endpoints: readonly Endpoint[],
  exposed: readonly string[],
): Readonly<Record<string, unknown>> {
  const found = new Map<string, { HostIp: string; HostPort: string }[] | null>();
  if (endpoints.length > 0) for (const port of exposed) found.set(port, null);
  for (const { hostIp, hostPort, containerPort, protocol } of endpoints.flatMap((e) => e.ports)) {
    const key = `${containerPort}/${protocol}`;
    found.set(key, [...(found.get(key) ?? []), { HostIp: hostIp, HostPort: String(hostPort) }]);
  }
  return Object.fromEntries(found);
}

function placeOf(one: Endpoint | undefined): Readonly<Record<string, unknown>> {
  return {
    EndpointID: one?.endpointId ?? '',
    Gateway: one?.gateway ?? '',
    GlobalIPv6Address: one?.ip6 ?? '',
    GlobalIPv6PrefixLen: one?.prefix6 ?? 0,
    IPAddress: one?.ip ?? '',
    IPPrefixLen: one?.prefix ?? 0,
    IPv6Gateway: one?.gateway6 ?? '',
    MacAddress: one?.mac ?? '',
  };
}

function networkOf(one: Endpoint | undefined): Readonly<Record<string, unknown>> {
  const { ip, ip6 } = one?.asked ?? {};
  const { EndpointID, MacAddress, ...place } = placeOf(one);
  return {
    IPAMConfig:
      ip === undefined && ip6 === undefined
        ? null
        : { ...(ip && { IPv4Address: ip }), ...(ip6 && { IPv6Address: ip6 }) },
    Links: null,
    Aliases: one && one.aliases.length > 0 ? one.aliases : null,
    MacAddress,
    DriverOpts: one?.driverOpts ?? null,
    GwPriority: one?.gwPriority ?? 0,
    NetworkID: one?.networkId ?? '',
    EndpointID,
    ...place,
    DNSNames: one && one.dnsNames.length > 0 ? one.dnsNames : null,
  };
}
