import { noteEnd, release } from './end.ts';
import type { KillParts } from './kill.ts';
import { isUp } from './record.ts';
import { removeContainer } from './reap.ts';
import { isOwned } from './settle.ts';
import { releaseNetworks } from '../networks/release.ts';

/**
 * What is to be done when a container has ended, called by its monitor: it is tidied up, and
 * removed if it was to go with its end. One that is to be started again is left to the helper:
 * see `engine/tend/`.
 */
export async function afterExit({ store }: KillParts, id: string): Promise<void> {
  const container = noteEnd(store, id);
  if (!container || isUp(container.state)) return;
  const { record } = container;
  // Somebody is starting it, or waits for its end.
  if (isOwned(record)) return;
  release(store, id, record.settings.cgroupParent);
  await releaseNetworks(store, id);
  if (record.remove) removeContainer(store, id, { volumes: true });
}
