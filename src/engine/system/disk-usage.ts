import { join } from 'node:path';
import type { DiffId } from '../../oci/digest.ts';
import type { Store } from '../../store/store.ts';
import type { Containers } from '../container-types.ts';
import type { Images } from '../engine.ts';
import type {
  ContainerUsage,
  DiskUsage,
  ImageUsage,
  UsageOf,
  VolumeUsage,
} from '../system-types.ts';
import { listVolumes } from '../volumes/list.ts';
import { cacheItems, usageOf } from './cache-entries.ts';
import { spaceBelow } from './space.ts';
import { weigh, type Weights } from './weights.ts';

/** What telling of the disk needs. */
export interface UsageParts {
  readonly store: Store;
  readonly images: Pick<Images, 'list'>;
  readonly containers: Pick<Containers, 'list'>;
}

/**
 * What everything takes on the disk. Layers count what their files hold and what is kept of
 * them compressed; what images share with the build cache is theirs.
 */
export async function diskUsage(parts: UsageParts): Promise<DiskUsage> {
  const { store } = parts;
  const [images, containers] = await Promise.all([
    parts.images.list({ all: true }),
    parts.containers.list({ all: true }),
  ]);
  const cache = cacheItems(store);
  const usage = usageOf(cache);
  const weighed = store.read((tables) => {
    const weights = weigh(tables);
    const rows = images.flatMap((image): ImageUsage[] => {
      const row = tables.images.get(image.id);
      if (!row) return [];
      const layers = [...new Set(weights.stack(row.chain))];
      const own = layers.filter((one) => weights.images.get(one) === 1);
      const unique = sum(own, weights) + weights.documents(row);
      return [{ image, unique, shared: sum(layers, weights) - sum(own, weights) }];
    });
    const used = new Set(tables.containers.list().flatMap(({ chain }) => weights.stack(chain)));
    const all = [...weights.images.keys()];
    const documents = tables.images
      .list()
      .reduce((bytes, row) => bytes + weights.documents(row), 0);
    return {
      rows,
      size: sum(all, weights) + documents,
      idle: sum(
        all.filter((one) => !used.has(one)),
        weights,
      ),
    };
  });
  const active = images.filter(({ containers: count }) => count > 0).length;
  const owned = store.read(
    (tables) => new Map(containers.map(({ id }) => [id, tables.volumes.of(id).length] as const)),
  );
  const containerRows = containers.map((container): ContainerUsage => {
    const directory = join(store.paths.containers, container.id);
    const size = spaceBelow(join(directory, 'upper'));
    return { container, size, volumes: owned.get(container.id) ?? 0 };
  });
  const volumes = listVolumes(store).map(({ name, mountpoint, users }): VolumeUsage => ({
    name,
    size: spaceBelow(mountpoint),
    links: users.length,
  }));
  const idle = volumes.filter(({ links }) => links === 0);
  return {
    images: {
      rows: weighed.rows,
      total: images.length,
      active,
      size: weighed.size,
      reclaimable: active === 0 ? weighed.size : weighed.idle,
    },
    containers: { rows: containerRows, ...containerSums(containerRows) },
    volumes: {
      rows: volumes,
      total: volumes.length,
      active: volumes.length - idle.length,
      size: volumes.reduce((bytes, { size }) => bytes + size, 0),
      reclaimable: idle.reduce((bytes, { size }) => bytes + size, 0),
    },
    cache: {
      rows: usage.entries,
      total: usage.entries.length,
      active: usage.entries.filter(({ inUse }) => inUse).length,
      size: usage.total - usage.shared,
      reclaimable: usage.reclaimable,
    },
  };
}

function sum(layers: readonly DiffId[], weights: Weights): number {
  return layers.reduce((bytes, diffId) => bytes + weights.layer(diffId), 0);
}

function containerSums(rows: readonly ContainerUsage[]): UsageOf {
  const idle = rows.filter(({ container }) => container.state !== 'running');
  return {
    total: rows.length,
    active: rows.length - idle.length,
    size: rows.reduce((bytes, { size }) => bytes + size, 0),
    reclaimable: idle.reduce((bytes, { size }) => bytes + size, 0),
  };
}
