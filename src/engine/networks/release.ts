import type { ContainerNetworks } from '../../network/types.ts';
import type { Store } from '../../store/store.ts';
import { aliveContainers } from './alive.ts';

/*
 * What containers have to do with networks besides their start. Where there is nobody on any
 * network, nothing is loaded for it.
 */

/** Takes back what a container has of networks, if it has anything. */
export async function releaseNetworks(store: Store, id: string): Promise<void> {
  if (!isOn(store, id)) return;
  await (await open(store)).release(id);
}

/** Takes away what containers left on networks that do not live any more. */
export async function sweepNetworks(store: Store): Promise<void> {
  const known = store.read(({ endpoints }) => endpoints.list().map(({ container }) => container));
  if (known.length === 0) return;
  const alive = aliveContainers(store);
  if (known.some((id) => !alive.has(id))) await open(store);
}

/** Others on its networks know a container by its new name from now on. */
export async function renameOnNetworks(store: Store, id: string, name: string): Promise<void> {
  if (!isOn(store, id)) return;
  await (await open(store)).rename(id, name);
}

function isOn(store: Store, id: string): boolean {
  return store.read(({ endpoints }) => endpoints.of(id).length) > 0;
}

async function open(store: Store): Promise<ContainerNetworks> {
  const { openSwept } = await import('./networks.ts');
  return openSwept({ store, stateDir: store.paths.run });
}
