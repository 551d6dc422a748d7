import type { Lock } from '../sys/lock.ts';
import { serveNames } from './dns.ts';
import { bridgeName } from './interfaces.ts';
import {
  allowForwarding,
  applyRules,
  hasLink,
  links,
  passDocker,
  removeNetns,
  tidyLinks,
  unpassDocker,
} from './kernel.ts';
import { bridgeLinks, hostLinks } from './links.ts';
import type { NetworkParts } from './parts.ts';
import { endpointRow, liveNetworks, networkNamed, tellNetwork } from './records.ts';
import type { EndpointRecord, NetworkRecord } from './types.ts';

/** Records places before anything of them is made, so that whoever comes after a crash knows of it. */
export function record({ store }: NetworkParts, endpoints: readonly EndpointRecord[]): void {
  const at = store.clock.now().getTime();
  store.note((tables) => {
    for (const endpoint of endpoints) {
      tables.endpoints.put(endpointRow(endpoint));
      const network = networkNamed(tables, endpoint.networkId);
      tellNetwork(tables, 'connect', network, at, endpoint.containerId);
    }
  });
}

/** The networks of these endpoints, by ID. */
export function networksOf(
  { store }: NetworkParts,
  endpoints: readonly EndpointRecord[],
): ReadonlyMap<string, NetworkRecord> {
  return store.read(
    (tables) => new Map(endpoints.map(({ networkId: id }) => [id, networkNamed(tables, id)])),
  );
}

/** Wires ends that are there on the machine: bridges, rules, names. */
export async function join(
  parts: NetworkParts,
  endpoints: readonly EndpointRecord[],
  networks: ReadonlyMap<string, NetworkRecord>,
): Promise<void> {
  const { store, stateDir } = parts;
  const made = [...networks.values()].filter((one) => !hasLink(bridgeName(store.id, one.id)));
  const live = store.read(liveNetworks);
  const work = await Promise.allSettled([
    made.length > 0 ? passDocker(stateDir, store.id) : undefined,
    links([
      ...made.flatMap((network) => bridgeLinks(store.id, network)),
      ...hostLinks(store.id, endpoints, networks),
    ]),
    applyRules(stateDir, store.id, live),
  ]);
  thrown(work);
  allowForwarding(
    made.map(({ id }) => bridgeName(store.id, id)),
    made.some(({ ipv6 }) => ipv6),
  );
  await serveNames(stateDir, live);
}

/** All has ended, so nothing is still at work when somebody begins to undo it. */
function thrown(results: readonly PromiseSettledResult<unknown>[]): void {
  for (const result of results) if (result.status === 'rejected') throw result.reason;
}

/**
 * Removes everything that containers have of networks. `lock`: the last of it when this call has
 * returned.
 */
export async function drop(
  parts: NetworkParts,
  ids: readonly string[],
  lock?: Lock,
): Promise<void> {
  const { store, stateDir } = parts;
  const at = store.clock.now().getTime();
  store.note((tables) => {
    for (const id of ids) {
      for (const row of tables.endpoints.of(id)) {
        tellNetwork(tables, 'disconnect', networkNamed(tables, row.network), at, id);
      }
      tables.endpoints.remove(id);
    }
  });
  for (const id of ids) removeNetns(stateDir, id);
  await tidy(parts, lock);
}

/** Makes the machine agree with what is recorded; `lock` as for {@link drop}. */
export async function tidy({ store, stateDir }: NetworkParts, lock?: Lock): Promise<void> {
  const live = store.read(liveNetworks);
  thrown(
    await Promise.allSettled([
      applyRules(stateDir, store.id, live),
      serveNames(stateDir, live),
      live.length === 0 ? unpassDocker(stateDir, store.id) : undefined,
    ]),
  );
  await tidyLinks({ storeId: store.id, stateDir }, live, lock);
}
