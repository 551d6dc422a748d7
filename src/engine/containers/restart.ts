import type { CallOptions } from '../../base/progress.ts';
import type { StopRequest } from '../container-types.ts';
import { findContainer } from './find.ts';
import type { ContainerParts } from './parts.ts';
import { toRow } from './record.ts';
import { startContainer } from './start.ts';
import { stopContainer } from './stop.ts';
import { tell } from './tell.ts';

/**
 * Stops a container where it runs, and starts it. Throws ContainerNotFoundError, and what
 * starting throws.
 */
export async function restartContainer(
  parts: ContainerParts,
  name: string,
  options: StopRequest & Pick<CallOptions, 'progress'> = {},
): Promise<void> {
  const { store, clock } = parts;
  const { id } = findContainer(store, name);
  await stopContainer(parts, id, options);
  const { progress } = options;
  const started = await startContainer(parts, id, progress ? { progress } : {});
  started.leave();
  const container = findContainer(store, id);
  store.note((tables) => tell(tables, 'restart', toRow(container), clock.now().getTime()));
}
