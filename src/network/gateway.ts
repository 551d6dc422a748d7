import type { EndpointRecord } from './types.ts';

/**
 * The endpoint by which a container reaches the world, and by which its ports are published:
 * of those that have a gateway, the one with the highest priority; of equal ones the first by
 * name of the network, as in Docker.
 */
export function gatewayEndpoint(endpoints: readonly EndpointRecord[]): EndpointRecord | undefined {
  return endpoints
    .filter((one) => one.gateway !== undefined || one.gateway6 !== undefined)
    .toSorted(
      (a, b) =>
        (b.gwPriority ?? 0) - (a.gwPriority ?? 0) || (a.networkName < b.networkName ? -1 : 1),
    )[0];
}
