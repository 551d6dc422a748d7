import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../../base/errors.ts';
import type { MountSpec } from '../../runtime/executor.ts';
import type { StackView } from '../../snapshot/stack-view.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import type { VolumeRow } from '../../store/volume-table.ts';
import { isMounted, mountVolume } from '../volumes/local-driver.ts';
import { makePlace, newVolume, register, volumeData } from '../volumes/place.ts';
import { tellVolume } from '../volumes/tell.ts';
import { copyTree } from './copy-tree.ts';
import { ContainerStartError } from './errors.ts';
import { unmountUnused } from './idle-volumes.ts';
import type { MountPlan, PreparedMount } from './mounts.ts';
import { type ContainerMount, fromRow, toRow } from './record.ts';
import { openSubpath } from './subpath.ts';
import type { Volume } from './volumes.ts';

/** For whom volumes are made. */
interface Attachment {
  readonly store: Store;
  readonly view: StackView;
  readonly id: string;
  readonly directory: string;
}

/** A volume of the plan, and what it turned out to be. */
interface Attached {
  readonly volume: Volume;
  /** Of volumes; undefined for paths of the machine. */
  readonly row: VolumeRow | undefined;
  readonly source: string;
}

/** Makes the volumes of a plan, and gives an empty one what the image has in its place. */
export function attachVolumes(plan: MountPlan, to: Attachment): PreparedMount[] {
  if (plan.volumes.length === 0 && plan.tmpfs.length === 0) return [];
  const { store } = to;
  unmountUnused(store);
  const now = store.clock.now().getTime();
  const wished = plan.volumes.map((volume): Attached => {
    const { source } = volume;
    if (source.kind === 'path') {
      return { volume, row: undefined, source: hostPath(source.path, source.create) };
    }
    const name = source.kind === 'named' && { name: source.name };
    const { driver, labels, options } = volume;
    const row = newVolume(
      {
        ...name,
        ...(driver && { driver }),
        ...(labels && { labels }),
        ...(options && { options }),
      },
      now,
    );
    return { volume, row, source: volumeData(store.paths.volumes, row.name) };
  });
  const attached = store.write((tables) => {
    const found = wished.map((one) => ({ ...one, row: one.row && register(tables, one.row) }));
    for (const { row, volume } of found) if (row) hold(tables, to.id, row, volume, now);
    record(tables, to.id, plan, found);
    return found;
  });
  return attached.map(({ volume, row, source }) => {
    if (row) fill(row, volume, to);
    const kind = kindOf(volume, source);
    return { mount: specOf(volume, source, kind), kind };
  });
}

function hold(
  tables: Tables,
  container: string,
  { name, driver }: VolumeRow,
  { target, readonly }: Volume,
  at: number,
): void {
  tables.volumes.attach(container, name);
  tellVolume(tables, 'mount', name, at, {
    container,
    destination: target,
    driver,
    propagation: '',
    'read/write': String(!readonly),
  });
}

/** Writes the mounts into the container's record. */
function record(tables: Tables, id: string, plan: MountPlan, attached: readonly Attached[]): void {
  const row = tables.containers.get(id);
  if (!row) return;
  const mounts = [
    ...attached.map(({ volume, row: found, source }): ContainerMount => ({
      type: found ? 'volume' : 'bind',
      ...(found && { name: found.name }),
      source,
      target: volume.target,
      mode: volume.mode,
      readonly: volume.readonly,
      propagation: found ? '' : (volume.propagation ?? 'rprivate'),
      ...(volume.subpath !== undefined && { subpath: volume.subpath }),
    })),
    ...plan.tmpfs.map(({ target, options }): ContainerMount => ({
      type: 'tmpfs',
      source: '',
      target,
      mode: options.join(','),
      readonly: options.includes('ro'),
      propagation: '',
    })),
  ];
  const container = fromRow(row);
  tables.containers.put(toRow({ ...container, record: { ...container.record, mounts } }));
}

function kindOf({ subpath }: Volume, source: string): PreparedMount['kind'] {
  const isDirectory =
    subpath === undefined ? statSync(source).isDirectory() : openSubpath(source, subpath).directory;
  return isDirectory ? 'directory' : 'file';
}

function specOf(volume: Volume, source: string, kind: PreparedMount['kind']): MountSpec {
  const { target, readonly, subpath, propagation } = volume;
  // Nothing is mounted below a file, and crun opens what it makes read-only to the bottom as a directory.
  const recursive = kind === 'directory' && volume.recursive !== false;
  const options = propagation !== undefined && { options: [propagation] };
  if (subpath === undefined)
    return { type: 'bind', source, target, readonly, recursive, ...options };
  const { directory } = openSubpath(source, subpath);
  return {
    type: 'prepared',
    source: { kind: 'directory', root: source, path: Buffer.from(subpath), file: !directory },
    target,
    readonly,
    ...options,
  };
}

/** A path of this machine; where it may be made and is not there, it becomes a directory. */
function hostPath(path: string, create: boolean): string {
  try {
    if (!statSync(path, { throwIfNoEntry: false })) {
      if (!create) {
        throw new ContainerStartError(
          `invalid mount config for type "bind": bind source path does not exist: ${path}`,
        );
      }
      mkdirSync(path, { recursive: true });
    }
    return path;
  } catch (error) {
    if (!isErrno(error, 'ENOTDIR', 'EEXIST', 'EACCES', 'EROFS', 'ELOOP', 'ENAMETOOLONG'))
      throw error;
    throw new ContainerStartError(`cannot use ${path} as a volume: ${reasonOf(error)}`, {
      cause: error,
    });
  }
}

/** `ENOTDIR: not a directory, mkdir '/x'`: the part for people. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^\w+: |, .*$/g, '') : String(error);
}

/**
 * Makes a volume's place. An empty volume gets what the image has where it is mounted, made
 * aside and renamed when it is whole; not while another container has it, which would not see
 * the new directory and might lead us elsewhere in the old one.
 */
function fill(row: VolumeRow, { target, filled, subpath }: Volume, to: Attachment): void {
  const { store, view, id, directory } = to;
  const path = makePlace(store, row.name);
  if (isMounted(row)) {
    mountVolume(row, path);
  }
  if (!filled || subpath !== undefined || readdirSync(path).length > 0) return;
  const like = view.find(target);
  if (like?.kind !== 'directory') return;
  if (store.read(({ volumes }) => volumes.users(row.name)).some((user) => user !== id)) return;
  if (isMounted(row)) return copyTree(view, like, Buffer.from(path));
  const aside = join(directory, 'new-volume');
  if (existsSync(aside)) rmSync(aside, { recursive: true });
  mkdirSync(aside, { mode: 0o755 });
  copyTree(view, like, Buffer.from(aside));
  try {
    renameSync(aside, path);
  } catch (error) {
    rmSync(aside, { recursive: true });
    if (!isErrno(error, 'EEXIST', 'ENOTEMPTY', 'EBUSY')) throw error;
  }
}
