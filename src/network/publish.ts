import { InvalidNetworkError } from './errors.ts';
import type { NetworkParts } from './parts.ts';
import { exposedPorts } from './port-spec.ts';
import { endpointFrom, networkNamed } from './records.ts';
import { reservePorts, type ReservedPorts } from './reserve.ts';
import type { EndpointRecord, NetworkRequest, PortSpec } from './types.ts';

/**
 * Takes the ports that a container asks for, by way of the endpoint `gateway`. Throws
 * PortTakenError, InvalidPortError, InvalidNetworkError.
 */
export function portsFor(
  { store }: NetworkParts,
  { publish = [], publishAll = false, exposed = [], networks }: NetworkRequest,
  gateway: EndpointRecord | undefined,
): ReservedPorts {
  const said = new Set(publish.map((one) => `${one.containerPort}/${one.protocol}`));
  const rest: PortSpec[] = publishAll
    ? exposedPorts(exposed).filter((one) => !said.has(`${one.containerPort}/${one.protocol}`))
    : [];
  const specs = [...publish, ...rest];
  if (specs.length > 0 && !gateway) {
    throw new InvalidNetworkError(
      `ports cannot be published: network ${networks[0]?.name ?? 'none'} is internal`,
      { hint: 'Add a network that is not.' },
    );
  }
  const { taken, network } = store.read((tables) => ({
    taken: tables.endpoints.list().flatMap((row) => endpointFrom(row).ports),
    network: gateway && networkNamed(tables, gateway.networkId),
  }));
  const defaultIp = network?.options['com.docker.network.bridge.host_binding_ipv4'];
  return reservePorts(specs, {
    networkName: gateway?.networkName ?? '',
    ...(defaultIp !== undefined && { defaultIp }),
    ipv4: network?.ipv4 === true,
    ipv6: network?.ipv6 === true,
    taken,
  });
}
