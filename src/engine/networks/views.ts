import type { EndpointRecord } from '../../network/types.ts';
import type { Tables } from '../../store/tables.ts';

/**
 * The places of all containers on networks, by container, in the order of their interfaces. Of
 * one that was killed they may still be there: whoever shows them looks whether it runs.
 */
export function endpointsByContainer(
  tables: Tables,
): ReadonlyMap<string, readonly EndpointRecord[]> {
  const all = tables.endpoints.list().map(({ json }) => JSON.parse(json) as EndpointRecord);
  return Map.groupBy(all, ({ containerId }) => containerId);
}

/** The places of one container on networks, in the order of its interfaces. */
export function endpointsOf(tables: Tables, containerId: string): readonly EndpointRecord[] {
  return tables.endpoints.of(containerId).map(({ json }) => JSON.parse(json) as EndpointRecord);
}
