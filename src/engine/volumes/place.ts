import { existsSync, mkdirSync, readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import type { VolumeRow } from '../../store/volume-table.ts';
import { randomHex } from '../../sys/random.ts';
import type { VolumeRequest } from '../volume-types.ts';
import { VolumeError } from './errors.ts';
import { checkOptions } from './local-driver.ts';
import { tellVolume } from './tell.ts';

const VALID = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/;
const DATA = '_data';
/** What Docker marks volumes with that nobody named. */
const ANONYMOUS_LABEL = 'com.docker.volume.anonymous';

/** Where the files of a volume are. */
export function volumeData(volumes: string, name: string): string {
  return join(volumes, name, DATA);
}

/** Throws VolumeError when a volume cannot be called so. */
export function checkVolumeName(name: string): void {
  if (VALID.test(name)) return;
  if (/^[a-zA-Z0-9]$/.test(name)) {
    throw new VolumeError(
      `create ${name}: volume name is too short, names should be at least two alphanumeric characters`,
    );
  }
  throw new VolumeError(
    `create ${name}: "${name}" includes invalid characters for a local volume name, only "[a-zA-Z0-9][a-zA-Z0-9_.-]" are allowed`,
    { hint: 'A directory of this machine is given with its absolute path.' },
  );
}

/** A name for a volume that was given none. */
export function anonymousName(): string {
  return randomHex(32);
}

/** The row of a new volume. Throws VolumeError. */
export function newVolume(request: VolumeRequest, now: number): VolumeRow {
  const { driver = 'local', labels, options } = request;
  const anonymous = request.name === undefined || request.name === '';
  const name = anonymous ? anonymousName() : (request.name ?? '');
  checkVolumeName(name);
  if (driver !== 'local' && driver !== '') {
    throw new VolumeError(
      `create ${name}: error looking up volume plugin ${driver}: plugin ${JSON.stringify(driver)} not found`,
      { hint: "The only driver is 'local'.", httpStatus: 404 },
    );
  }
  checkOptions(name, options);
  return {
    name,
    driver: 'local',
    createdAt: now,
    anonymous,
    labels: anonymous ? { ...labels, [ANONYMOUS_LABEL]: '' } : labels,
    options: options && Object.keys(options).length > 0 ? options : undefined,
  };
}

/** Writes a volume's row, unless there is one of its name; that one is returned then. */
export function register(tables: Tables, row: VolumeRow): VolumeRow {
  if (!tables.volumes.add(row)) return tables.volumes.get(row.name) ?? row;
  tellVolume(tables, 'create', row.name, row.createdAt, { driver: row.driver });
  return row;
}

/**
 * Makes the directory of a volume that has its row, and returns where its files are. What a
 * version left there that kept no rows becomes what it holds.
 */
export function makePlace({ paths }: Store, name: string): string {
  const place = join(paths.volumes, name);
  const data = volumeData(paths.volumes, name);
  if (existsSync(data)) return data;
  mkdirSync(paths.volumes, { recursive: true, mode: 0o711 });
  if (existsSync(place) && readdirSync(place).length > 0) {
    const aside = join(paths.volumes, `.${name}.${randomHex(4)}`);
    renameSync(place, aside);
    mkdirSync(place, { mode: 0o711 });
    renameSync(aside, data);
    return data;
  }
  mkdirSync(place, { recursive: true, mode: 0o711 });
  mkdirSync(data, { recursive: true, mode: 0o755 });
  return data;
}

/**
 * Takes a volume that no container has out of sight, in the transaction that calls this: a
 * volume without a row must have no files, or the next of its name would begin with them.
 * They are in the trash then, at the path that is returned.
 */
export function takeAway(tables: Tables, { paths, clock }: Store, row: VolumeRow): string {
  const place = join(paths.volumes, row.name);
  const gone = join(paths.trash, randomHex(8));
  if (existsSync(place)) renameSync(place, gone);
  tables.volumes.remove(row.name);
  tellVolume(tables, 'destroy', row.name, clock.now().getTime(), { driver: row.driver });
  return gone;
}
