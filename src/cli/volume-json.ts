import type { VolumeDetails } from '../engine/volume-types.ts';
import { struct, type Struct } from './template/values.ts';
import { rfc3339 } from './times.ts';

/** A volume as `inspect` shows it: Docker's members, in its order. */
export function volumeJson(volume: VolumeDetails): Readonly<Record<string, unknown>> {
  const { name, driver, created, labels, options, mountpoint } = volume;
  return {
    CreatedAt: rfc3339(created),
    Driver: driver,
    Labels: labels ?? null,
    Mountpoint: mountpoint,
    Name: name,
    Options: options ?? null,
    Scope: 'local',
  };
}

/** The same for templates. */
export function volumeStruct(volume: VolumeDetails): Struct {
  const { name, driver, created, labels, options, mountpoint } = volume;
  return struct('volume.Volume', {
    CreatedAt: rfc3339(created),
    Driver: driver,
    Labels: new Map(Object.entries(labels ?? {})),
    Mountpoint: mountpoint,
    Name: name,
    Options: new Map(Object.entries(options ?? {})),
    Scope: 'local',
  });
}
