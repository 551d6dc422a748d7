import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { MountSpec } from '../../runtime/executor.ts';
import { prepare, preparedPath } from '../../runtime/prepare.ts';
import type { Store } from '../../store/store.ts';
import { mountsBelow, unmount } from '../../sys/mount.ts';
import { mountVolume } from '../volumes/local-driver.ts';
import { unmountUnused } from './idle-volumes.ts';
import { makePlace } from '../volumes/place.ts';

const PARTS = 'parts';

/**
 * What has to be done for the volumes of a container each time it starts: what a volume stands
 * for is mounted, and a part of a volume that others may be changing is bound to a place of its
 * own, so that no link leads the runtime elsewhere. Returns the mounts for the runtime. Taken
 * back by {@link displaceVolumes}. Throws VolumeError, InvalidInputError.
 */
export function placeVolumes(
  store: Store,
  id: string,
  mounts: readonly MountSpec[],
): readonly MountSpec[] {
  for (const row of store.read(({ volumes }) => volumes.of(id))) {
    mountVolume(row, makePlace(store, row.name));
  }
  if (!mounts.some(({ type }) => type === 'prepared')) return mounts;
  const directory = join(store.paths.containers, id, PARTS);
  const sources = mounts.map((mount) => (mount.type === 'prepared' ? partOf(mount) : null));
  // It stays when this process ends.
  prepare({ directory, sources });
  return mounts.map((mount, index): MountSpec => {
    const source = sources[index];
    if (mount.type !== 'prepared' || !source) return mount;
    const { target, readonly, options } = mount;
    return {
      type: 'bind',
      source: preparedPath(directory, index, source),
      target,
      readonly,
      recursive: true,
      ...(options && { options }),
    };
  });
}

/** The process of a container is kept as JSON, in which bytes are an object. */
function partOf({ source }: Extract<MountSpec, { type: 'prepared' }>): typeof source {
  if (source.kind !== 'directory') throw new TypeError('a container has no such mount');
  return { ...source, path: Buffer.from(source.path) };
}

/** Takes away what {@link placeVolumes} has bound and mounted. `mounts` are those below all containers. */
export function displaceVolumes(store: Store, id: string, mounts: readonly string[]): void {
  unmountUnused(store);
  const bound = mounts.filter((target) => isPart(target, id));
  for (const target of bound) unmount(target);
  const directory = join(store.paths.containers, id, PARTS);
  // What is still mounted is somebody's volume.
  if (bound.length > 0 && mountsBelow(store.paths.containers).some((one) => isPart(one, id)))
    return;
  rmSync(directory, { recursive: true, force: true });
}

/** Whether something is mounted for a part of a volume of this container. */
export function isPart(target: string, id: string): boolean {
  return target.includes(`/${id}/${PARTS}/`);
}
