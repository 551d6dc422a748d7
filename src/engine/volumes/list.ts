import { InvalidInputError } from '../../base/errors.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import type { VolumeRow } from '../../store/volume-table.ts';
import { labelsFit } from '../images/filter.ts';
import type { VolumeDetails, VolumeFilter } from '../volume-types.ts';
import { VolumeNotFoundError } from './errors.ts';
import { volumeData } from './place.ts';

/** The volumes that pass, by name. Throws InvalidInputError for a bad pattern. */
export function listVolumes(store: Store, filter: VolumeFilter = {}): VolumeDetails[] {
  const { dangling, driver } = filter;
  const names = filter.name?.map(patternOf);
  return store.read((tables) =>
    tables.volumes
      .list()
      .map((row) => detailsOf(store, tables, row))
      .filter(
        (one) =>
          (dangling === undefined || dangling === (one.users.length === 0)) &&
          (driver?.includes(one.driver) ?? true) &&
          (names?.some((pattern) => pattern.test(one.name)) ?? true) &&
          labelsFit(one.labels ?? {}, filter),
      ),
  );
}

/** Throws VolumeNotFoundError. */
export function inspectVolume(store: Store, name: string): VolumeDetails {
  return store.read((tables) => {
    const row = tables.volumes.get(name);
    if (!row) throw new VolumeNotFoundError(name);
    return detailsOf(store, tables, row);
  });
}

function detailsOf({ paths }: Store, tables: Tables, row: VolumeRow): VolumeDetails {
  const { name, driver, createdAt, anonymous, labels, options } = row;
  return {
    name,
    driver,
    created: new Date(createdAt),
    anonymous,
    labels,
    options,
    mountpoint: volumeData(paths.volumes, name),
    users: tables.volumes.users(name),
  };
}

function patternOf(text: string): RegExp {
  try {
    return new RegExp(text);
  } catch (error) {
    throw new InvalidInputError(`invalid filter 'name=${text}'`, { cause: error });
  }
}
