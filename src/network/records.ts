import type { EndpointRow, NetworkRow } from '../store/activity-tables.ts';
import type { Tables } from '../store/tables.ts';
import { NetworkNotFoundError } from './errors.ts';
import type { LiveNetwork } from './rules.ts';
import type { EndpointRecord, NetworkRecord } from './types.ts';

/** Reads a row of a network. Those that come with a store have little in theirs. */
export function networkFrom({ id, name, createdAt, json }: NetworkRow): NetworkRecord {
  return {
    internal: false,
    ipv4: true,
    ipv6: false,
    attachable: false,
    subnets: [],
    options: {},
    ipamOptions: {},
    labels: {},
    ...(JSON.parse(json) as Pick<NetworkRecord, 'driver'>),
    id,
    name,
    createdAt,
  };
}

/** The row for a network. */
export function networkRow({ id, name, createdAt, ...rest }: NetworkRecord): NetworkRow {
  return { id, name, createdAt, json: JSON.stringify(rest) };
}

/** Reads a row of an endpoint. */
export function endpointFrom({ json }: EndpointRow): EndpointRecord {
  return JSON.parse(json) as EndpointRecord;
}

/** The row for an endpoint. */
export function endpointRow(endpoint: EndpointRecord): EndpointRow {
  const { containerId: container, networkId: network } = endpoint;
  return { container, network, json: JSON.stringify(endpoint) };
}

/**
 * By name, ID, or the unique beginning of an ID; `default` is `bridge`. Throws
 * NetworkNotFoundError.
 */
export function networkNamed(tables: Tables, name: string): NetworkRecord {
  const row = tables.networks.find(name === 'default' ? 'bridge' : name);
  if (!row) throw new NetworkNotFoundError(name);
  return networkFrom(row);
}

/** The networks that somebody is on. */
export function liveNetworks(tables: Tables): LiveNetwork[] {
  const endpoints = Map.groupBy(tables.endpoints.list().map(endpointFrom), (one) => one.networkId);
  return tables.networks
    .list()
    .map(networkFrom)
    .flatMap((network) => {
      const on = endpoints.get(network.id);
      return on ? [{ network, endpoints: on }] : [];
    });
}

/** Records what happened to a network, in the transaction that does it. */
export function tellNetwork(
  tables: Tables,
  action: 'create' | 'connect' | 'disconnect' | 'destroy',
  { id, name, driver }: Pick<NetworkRecord, 'id' | 'name' | 'driver'>,
  at: number,
  container?: string,
): void {
  const attributes = { ...(container !== undefined && { container }), name, type: driver };
  tables.events.add({ at, type: 'network', action, actor: id, attributes });
}
