import { lstatSync } from 'node:fs';
import { type DiffId, encoded } from '../../oci/digest.ts';
import { familiar, parseReference } from '../../oci/reference.ts';
import type { Store } from '../../store/store.ts';
import type { LeaseRow } from '../../store/activity-tables.ts';
import type { ContainerRow, ImageRow, Tables } from '../../store/tables.ts';
import { namesIn } from '../../sys/names-in.ts';
import type { HeldSpace } from '../system-types.ts';
import { listVolumes } from '../volumes/list.ts';
import { cacheItems } from './cache-entries.ts';
import { spaceBelow } from './space.ts';
import { weigh, type Weights } from './weights.ts';

/** So many things are named in a command. */
const SHOWN = 4;

/** What keeps a layer. */
interface Holders {
  readonly images: ImageRow[];
  readonly containers: ContainerRow[];
  readonly leases: LeaseRow[];
  cached: boolean;
}

/**
 * Every byte of the store once: what it belongs to, what holds it, and the command that would
 * free it. The largest first.
 */
export function whySpace(store: Store): HeldSpace[] {
  const cache = cacheItems(store);
  const rows = store.read((tables) => {
    const weights = weigh(tables);
    return [...layerRows(tables, weights), documents(tables, weights)];
  });
  const loose = cache.items
    .filter(({ layers, records }) => layers.length === 0 && records.length === 0)
    .map(({ entry }): HeldSpace => ({
      kind: 'Build Cache',
      name: entry.description,
      bytes: entry.size,
      heldBy: entry.inUse ? ['a running build'] : ['build cache'],
      freedBy: `stave builder prune -a --filter id=${entry.id}`,
    }));
  const all = [...rows, ...loose, ...containerRows(store), ...volumeRows(store), ...own(store)];
  return all.filter(({ bytes }) => bytes > 0).sort((a, b) => b.bytes - a.bytes);
}

/** Layers by what holds them: those with the same holders come free together. */
function layerRows(tables: Tables, weights: Weights): HeldSpace[] {
  const groups = new Map<string, { holders: Holders; layers: number; bytes: number }>();
  const found = holdersOf(tables, weights);
  for (const { diffId } of tables.layers.list()) {
    const holders = found.get(diffId) ?? nobody();
    const key = [holders.images, holders.containers, holders.leases]
      .map((list) => list.map(({ id }) => id).join())
      .concat(String(holders.cached))
      .join(';');
    const group = groups.get(key) ?? { holders, layers: 0, bytes: 0 };
    group.layers += 1;
    group.bytes += weights.layer(diffId);
    groups.set(key, group);
  }
  return [...groups.values()].map(({ holders, layers, bytes }) => {
    const { containers, leases, cached } = holders;
    const images = holders.images.toSorted((a, b) =>
      nameOf(tables, a) < nameOf(tables, b) ? -1 : 1,
    );
    const count = `${layers} layer${layers === 1 ? '' : 's'}`;
    return {
      kind: images.length > 0 || !cached ? 'Images' : 'Build Cache',
      name: images.length > 1 ? `${count}, shared` : count,
      bytes,
      heldBy: [
        ...images.map((image) => `image ${nameOf(tables, image)}`),
        ...containers.map(({ name }) => `container ${name}`),
        ...(cached ? ['build cache'] : []),
        ...leases.map(({ purpose, pid }) => `${purpose} (process ${pid})`),
      ],
      freedBy: [
        ...freeContainers(containers),
        ...freeImages(tables, images),
        ...(cached ? ['stave builder prune -a'] : []),
      ].join(' && '),
    };
  });
}

function nobody(): Holders {
  return { images: [], containers: [], leases: [], cached: false };
}

function holdersOf(tables: Tables, weights: Weights): Map<DiffId, Holders> {
  const found = new Map<DiffId, Holders>();
  const hold = (layers: Iterable<DiffId>, add: (holders: Holders) => void): void => {
    for (const layer of new Set(layers)) {
      const holders = found.get(layer) ?? nobody();
      found.set(layer, holders);
      add(holders);
    }
  };
  for (const image of tables.images.list()) {
    hold(weights.stack(image.chain), ({ images }) => images.push(image));
  }
  for (const container of tables.containers.list()) {
    hold(weights.stack(container.chain), ({ containers }) => containers.push(container));
  }
  for (const { chain } of tables.cache.list()) {
    hold(weights.stack(chain), (holders) => (holders.cached = true));
  }
  for (const lease of tables.leases.list()) {
    const layers = lease.chains.flatMap((chain) => weights.stack(chain)).concat(lease.layers);
    hold(layers, ({ leases }) => leases.push(lease));
  }
  return found;
}

function nameOf(tables: Tables, { id }: ImageRow): string {
  const [first] = tables.images.names(id);
  return first ? familiar(parseReference(first.name)) : encoded(id).slice(0, 12);
}

function freeImages(tables: Tables, images: readonly ImageRow[]): string[] {
  if (images.length === 0) return [];
  const several = images.some(({ id }) => tables.images.names(id).length > 1);
  const names = images.map((image) =>
    several ? encoded(image.id).slice(0, 12) : nameOf(tables, image),
  );
  return [some(several ? 'stave rmi -f' : 'stave rmi', names)];
}

function freeContainers(containers: readonly ContainerRow[]): string[] {
  if (containers.length === 0) return [];
  const runs = containers.some(({ state }) => state === 'running');
  const names = containers.map(({ name }) => name);
  return [some(runs ? 'stave rm -f' : 'stave rm', names)];
}

function some(command: string, names: readonly string[]): string {
  const end = names.length > SHOWN ? ' ...' : '';
  return `${command} ${names.slice(0, SHOWN).join(' ')}${end}`;
}

/** Manifests, configs and attestations: every blob that holds no layer and is no source of a build. */
function documents(tables: Tables, weights: Weights): HeldSpace {
  const others = new Set([
    ...tables.layers
      .list()
      .flatMap(({ diffId }) => tables.blobs.layerBlobs(diffId).map(({ digest }) => digest)),
    ...tables.sources.list().flatMap(({ blob }) => blob ?? []),
  ]);
  const bytes = tables.blobs
    .list()
    .filter(({ digest }) => !others.has(digest))
    .reduce((sum, { digest }) => sum + weights.blob(digest), 0);
  return {
    kind: 'Images',
    name: 'manifests and configs',
    bytes,
    heldBy: ['their images'],
    freedBy: 'goes with the images',
  };
}

function containerRows(store: Store): HeldSpace[] {
  const rows = store.read(({ containers }) => containers.list());
  return rows.map((row) => ({
    kind: 'Containers',
    name: row.name,
    bytes: spaceBelow(`${store.paths.containers}/${row.id}`),
    heldBy: [`container ${row.name}`],
    freedBy: freeContainers([row]).join(''),
  }));
}

function volumeRows(store: Store): HeldSpace[] {
  const { paths } = store;
  const called = store.read(
    ({ containers }) => new Map(containers.list().map(({ id, name }) => [id, name] as const)),
  );
  return listVolumes(store).map(({ name, users }) => ({
    kind: 'Local Volumes',
    name,
    bytes: spaceBelow(`${paths.volumes}/${name}`),
    heldBy: [`volume ${name}`, ...users.map((id) => `container ${called.get(id) ?? id}`)],
    freedBy: `stave volume rm ${name}`,
  }));
}

/** What the store keeps for itself. */
function own({ paths }: Store): HeldSpace[] {
  const row = (name: string, bytes: number, heldBy: string, freedBy: string): HeldSpace => ({
    kind: 'Store',
    name,
    bytes,
    heldBy: [heldBy],
    freedBy,
  });
  const tables = namesIn(paths.layers).map((name) => `${paths.layers}/${name}/files`);
  const records = ['', '-wal', '-shm'].map((end) => paths.database + end);
  return [
    row('file tables of layers', sizes(tables), 'their layers', 'goes with the layers'),
    row('ballast', sizes([paths.ballast]), 'the store, for a full disk', ''),
    row('records', sizes([...records, paths.format]), 'the store', ''),
    row(
      'unfinished transfers',
      spaceBelow(paths.ingest),
      'whoever goes on with them',
      'goes after a week',
    ),
    row('scratch', spaceBelow(paths.tmp), 'running operations', 'goes when they end'),
    row('trash', spaceBelow(paths.trash), 'nobody', 'stave system check --repair'),
  ];
}

function sizes(files: readonly string[]): number {
  return files.reduce(
    (sum, file) => sum + (lstatSync(file, { throwIfNoEntry: false })?.size ?? 0),
    0,
  );
}
