import { NetworkConflictError, NetworkNotFoundError } from '../../network/errors.ts';
import { isPredefined, listNetworks, removeNetwork } from '../../network/manage.ts';
import type { NetworkParts } from '../../network/parts.ts';
import { recordPrune } from '../../store/record-event.ts';
import { labelsFit } from '../images/filter.ts';
import type { NetworkPruneFilter } from '../network-types.ts';
import { openSwept } from './networks.ts';

/** Removes a network once what dead containers left there is gone. Throws what `removeNetwork` does. */
export async function removeUnused(parts: NetworkParts, name: string): Promise<void> {
  await openSwept(parts);
  await removeNetwork(parts, name);
}

/** Removes the networks that users made and that no running container is on; returns their names. */
export async function pruneNetworks(
  parts: NetworkParts,
  filter: NetworkPruneFilter = {},
): Promise<string[]> {
  await openSwept(parts);
  const removed: string[] = [];
  for (const { network, endpoints } of listNetworks(parts)) {
    const isYoung = filter.until !== undefined && network.createdAt >= filter.until.getTime();
    if (isPredefined(network) || endpoints.length > 0 || isYoung) continue;
    if (!labelsFit(network.labels, filter)) continue;
    try {
      await removeNetwork(parts, network.id);
      removed.push(network.name);
    } catch (error) {
      // Somebody came there meanwhile, or removed it.
      if (!(error instanceof NetworkConflictError || error instanceof NetworkNotFoundError)) {
        throw error;
      }
    }
  }
  const { store } = parts;
  if (removed.length > 0) {
    store.note((tables) => recordPrune(tables, 'network', store.clock.now().getTime(), 0));
  }
  return removed;
}
