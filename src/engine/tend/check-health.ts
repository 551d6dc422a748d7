import { isAlive } from '../../runtime/process-identity.ts';
import type { ContainerParts } from '../containers/parts.ts';
import { fromRow, isUp, toRow, type Container } from '../containers/record.ts';
import { tell } from '../containers/tell.ts';
import { afterCheck, type HealthCheck } from './health.ts';
import { probe } from './probe.ts';

/** Checks the health of a container that runs, and writes down what came of it. */
export async function checkHealth(
  parts: ContainerParts,
  container: Container,
  check: HealthCheck,
): Promise<void> {
  const { store } = parts;
  const result = await probe(parts, container, check);
  store.note((tables) => {
    const row = tables.containers.get(container.id);
    if (!row) return;
    const now = fromRow(row);
    const { process, health: before } = now.record;
    // It has ended meanwhile, and may have been started again.
    if (!isUp(now.state) || !process || !isAlive(process)) return;
    if (now.record.startedAt !== container.record.startedAt) return;
    const health = afterCheck(check, now.record, result);
    const changed = toRow({ ...now, record: { ...now.record, health } });
    tables.containers.put(changed);
    if (health.status === (before?.status ?? 'starting')) return;
    tell(tables, `health_status: ${health.status}`, changed, result.end);
  });
}
