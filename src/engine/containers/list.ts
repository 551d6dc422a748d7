import { StaveError } from '../../base/errors.ts';
import { endpointFrom } from '../../network/records.ts';
import type { Store } from '../../store/store.ts';
import type { Tables } from '../../store/tables.ts';
import type { ContainerListOptions, ContainerSummary } from '../container-types.ts';
import { findIn } from '../images/find.ts';
import { networkKind } from './network-kind.ts';
import { fromRow, isUp, type Container } from './record.ts';
import { isUnmonitored, needsTending } from '../tend/needs.ts';
import { isAbandoned, settled } from './settle.ts';

/**
 * The containers, newest first; only those that run unless `all`. Writes nothing. `needed` is
 * called when there is something to do for the helper of the store.
 */
export function listContainers(
  store: Store,
  options: Omit<ContainerListOptions, 'size'> = {},
  needed?: () => void,
): ContainerSummary[] {
  const directory = store.paths.containers;
  return store.read((tables) => {
    const isWanted = comesFrom(tables, options.ancestors ?? []);
    const known = tables.containers.list().map(fromRow);
    if (needed && known.some((one) => needsTending(one, directory))) needed();
    return (
      known
        // What was to go with its end is gone for the user, though nobody has tidied up yet.
        .filter((container) => !isAbandoned(container, directory))
        .map((container) => settled(container, directory))
        .filter(({ state }) => options.all === true || isUp(state) || state === 'restarting')
        .filter(isWanted)
        .reverse()
        .map((container) => summaryOf(container, tables))
    );
  });
}

/** Whether a container's image is one of these, or was committed from one. All pass where none is named. */
function comesFrom(
  tables: Tables,
  names: readonly string[],
): (container: Pick<Container, 'image' | 'record'>) => boolean {
  if (names.length === 0) return () => true;
  const wanted = new Set<string>(names.flatMap((name) => imageIds(tables, name)));
  return ({ image, record }) => {
    if (names.includes(record.imageName)) return true;
    for (
      let id: Container['image'] | undefined = image;
      id !== undefined;
      id = tables.images.get(id)?.parent
    ) {
      if (wanted.has(id)) return true;
    }
    return false;
  };
}

/** None for a name that means nothing. */
function imageIds(tables: Tables, name: string): string[] {
  try {
    return [findIn(tables, name).image.id];
  } catch (error) {
    if (error instanceof StaveError) return [];
    throw error;
  }
}

/** One row of `ps`. */
export function summaryOf(container: Container, tables: Tables): ContainerSummary {
  const { id, name, createdAt, state, record } = container;
  const { argv, startedAt, finishedAt, exitCode, labels } = record;
  return {
    id,
    name,
    image: imageNow(container, tables),
    command: commandText(argv),
    imageId: container.image,
    created: new Date(createdAt),
    state,
    started: startedAt === undefined ? undefined : new Date(startedAt),
    finished: finishedAt === undefined ? undefined : new Date(finishedAt),
    exitCode,
    labels,
    healthStatus: record.health?.status,
    unmonitored: isUnmonitored(container),
    mounts: record.mounts,
    networks: [networkName(record)],
    exposed: Object.keys(record.config.ExposedPorts ?? {}),
    endpoints: isUp(state) ? tables.endpoints.of(id).map(endpointFrom) : [],
  };
}

/** What Docker calls it. */
function networkName({ settings }: Container['record']): string {
  const kind = networkKind(settings);
  return kind === 'default' ? 'bridge' : kind;
}

/** As Docker writes it: arguments with a blank in quotes. */
function commandText([program = '', ...rest]: readonly string[]): string {
  return [program, ...rest.map((one) => (one.includes(' ') ? `'${one}'` : one))].join(' ');
}

/** The name that was typed, as long as it still means the same image. */
function imageNow({ image, record }: Container, tables: Tables): string {
  try {
    return findIn(tables, record.imageName).image.id === image ? record.imageName : image;
  } catch {
    // The name is gone, or means several images by now.
    return image;
  }
}
