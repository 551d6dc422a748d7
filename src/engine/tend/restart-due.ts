import type { ContainerParts } from '../containers/parts.ts';
import { fromRow } from '../containers/record.ts';
import { rested } from '../containers/restart-policy.ts';
import { isOwned } from '../containers/settle.ts';
import { startContainer } from '../containers/start.ts';

/**
 * Starts a container again whose policy wants that. One that cannot be started has ended for
 * good, with the reason.
 */
export async function restartDue(parts: ContainerParts, id: string): Promise<void> {
  const { store } = parts;
  const row = store.read(({ containers }) => containers.get(id));
  if (row?.state !== 'restarting') return;
  const { record } = fromRow(row);
  try {
    const restarts = (record.restartCount ?? 0) + 1;
    (await startContainer(parts, id, { restarts })).leave();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    store.note(({ containers }) => {
      const now = containers.get(id);
      // Somebody else starts it, or has stopped or removed it.
      if (now?.state !== 'restarting' || isOwned(fromRow(now).record)) return;
      containers.put(rested(fromRow(now), message));
    });
  }
}
