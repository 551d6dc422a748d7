import type { ContainerParts } from '../containers/parts.ts';
import { fromRow, toRow, type Container } from '../containers/record.ts';
import { nextDelay, rested, wantsRestart } from '../containers/restart-policy.ts';
import { isOwned } from '../containers/settle.ts';
import { startContainer } from '../containers/start.ts';

/**
 * Starts a container again whose policy wants that. A start that fails is as good as an end:
 * it is tried again, after longer and longer times, as long as the policy allows.
 */
export async function restartDue(parts: ContainerParts, id: string): Promise<void> {
  const { store, clock } = parts;
  const row = store.read(({ containers }) => containers.get(id));
  if (row?.state !== 'restarting') return;
  const restarts = (fromRow(row).record.restartCount ?? 0) + 1;
  try {
    (await startContainer(parts, id, { restarts })).leave();
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    store.note(({ containers }) => {
      const now = containers.get(id);
      // Somebody else starts it, or has stopped or removed it.
      if (now?.state !== 'restarting' || isOwned(fromRow(now).record)) return;
      containers.put(again(fromRow(now), restarts, message, clock.now().getTime()));
    });
  }
}

function again(
  container: Container,
  restartCount: number,
  error: string,
  now: number,
): ReturnType<typeof toRow> {
  const record = { ...container.record, restartCount, error };
  if (!wantsRestart(record)) return rested({ ...container, record });
  const { restartDelay } = record;
  const delay = nextDelay(restartDelay === undefined ? {} : { restartDelay });
  return toRow({
    ...container,
    record: { ...record, restartDelay: delay, restartAt: now + delay },
  });
}
