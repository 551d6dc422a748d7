import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { CallOptions } from '../../base/progress.ts';
import type { DiffId } from '../../oci/digest.ts';
import { pourFlatTar } from '../../snapshot/flat-tar.ts';
import { stackView, type ViewLayer } from '../../snapshot/view.ts';
import type { Store } from '../../store/store.ts';
import type { PouredArchive } from '../archive-types.ts';
import { ContainerConflictError, ContainerNotFoundError } from './errors.ts';
import type { ContainerParts } from './parts.ts';

/** What tells programs that they are in a container; Docker puts it into every one. */
const MARKS = ['.dockerenv'];

/**
 * A tar of the files that a container sees: the layers of its image and what it changed, as
 * one. Volumes are not in it, only the places where they are mounted. It may be running.
 *
 * Throws ContainerNotFoundError, and ContainerConflictError when it is read.
 */
export function exportContainer(
  { store, snapshotter }: ContainerParts,
  name: string,
  options: CallOptions = {},
): PouredArchive {
  const row = store.read(({ containers }) => containers.find(name));
  if (!row) throw new ContainerNotFoundError(name);
  const lease = store.lease('export');
  lease.hold('image', row.image);
  if (row.chain !== undefined) lease.hold('chain', row.chain);
  return {
    async pour(sink) {
      using _ = lease;
      const layers = row.chain === undefined ? [] : snapshotter.stack(row.chain);
      if (!layers) throw new ContainerConflictError(`layers of container ${name} are missing`);
      const view = stackView([...layersIn(store, layers), ...ownLayers(store, row.id)]);
      await pourFlatTar(view, MARKS, sink, options);
    },
  };
}

function layersIn(store: Store, layers: readonly DiffId[]): ViewLayer[] {
  return layers.map((diffId) => ({ diffId, fs: store.paths.layerFs(diffId) }));
}

/** Places for mounts, and above them what the container changed. */
function ownLayers(store: Store, id: string): ViewLayer[] {
  return ['mount-points', 'upper']
    .map((name) => ({ diffId: name as DiffId, fs: join(store.paths.containers, id, name) }))
    .filter(({ fs }) => existsSync(fs));
}
