import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runtimeCall } from '../../runtime/container-call.ts';
import { RuntimeFailedError } from '../../runtime/errors.ts';
import type { OciSpec } from '../../runtime/oci-spec.ts';
import type { UpdateRequest } from '../container-types.ts';
import { checkLimits } from './check-request.ts';
import { cgroupOf } from './create.ts';
import { ContainerConflictError } from './errors.ts';
import { findContainer } from './find.ts';
import { containerPaths } from './layout.ts';
import type { ContainerParts } from './parts.ts';
import { fromRow, isUp, toRow } from './record.ts';
import { readSpec } from './start.ts';
import { tell } from './tell.ts';

/**
 * Changes the limits and the restart policy of a container, also while it runs. Throws
 * ContainerNotFoundError, ContainerConflictError, ContainerStartError, RuntimeFailedError.
 */
export async function updateContainer(
  parts: ContainerParts,
  name: string,
  request: UpdateRequest,
): Promise<void> {
  const { store, clock } = parts;
  const container = findContainer(store, name);
  const { id, record, state } = container;
  const { settings } = record;
  if (settings.remove === true && request.restart && request.restart.name !== 'no') {
    throw new ContainerConflictError(
      'Restart policy cannot be updated because AutoRemove is enabled for the container',
    );
  }
  const limits = { ...settings.limits, ...request.limits };
  checkLimits(limits);
  const paths = containerPaths(store.paths.containers, id);
  const spec = { ...readSpec(paths), cgroup: cgroupOf(limits, settings.cgroupParent) };
  if (request.limits && isUp(state)) {
    const runtime = await parts.runtime();
    const text = await runtime.configuration(spec, paths.merged, settings.terminal === true);
    const { memory, cpu, pids, blockIO } = (JSON.parse(text) as OciSpec).linux.resources ?? {};
    const file = join(paths.bundle, 'resources.json');
    writeFileSync(file, JSON.stringify({ memory, cpu, pids, blockIO }));
    const failed = await runtimeCall(runtime.argv(), ['update', '--resources', file, id]);
    if (failed !== undefined)
      throw new RuntimeFailedError(`cannot update container ${id}: ${failed}`);
  }
  if (request.limits) {
    const before = JSON.parse(readFileSync(paths.process, 'utf8')) as object;
    writeFileSync(paths.process, JSON.stringify({ ...before, cgroup: spec.cgroup }));
  }
  store.write((tables) => {
    const row = tables.containers.get(id);
    if (!row) return;
    const now = fromRow(row);
    const changed = toRow({
      ...now,
      record: {
        ...now.record,
        settings: {
          ...now.record.settings,
          limits,
          ...(request.restart && { restart: request.restart }),
        },
      },
    });
    tables.containers.put(changed);
    tell(tables, 'update', changed, clock.now().getTime());
  });
}
