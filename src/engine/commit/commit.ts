import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { rfc3339Nano } from '../../base/clock.ts';
import type { CallOptions } from '../../base/progress.ts';
import { makeManifest } from '../../image/make-manifest.ts';
import { FileTableWriter } from '../../layer/file-table-io.ts';
import { LayerStream } from '../../layer/layer-stream.ts';
import type { ChainId, Digest, DiffId } from '../../oci/digest.ts';
import type { ContainerConfig, ImageConfig } from '../../oci/image-config.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import { canonicalName, parseTagTarget } from '../../oci/reference.ts';
import { encodeConfig } from '../../oci/write-json.ts';
import { copyUpper } from '../../snapshot/copy-upper.ts';
import type { SealedLayer, Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Lease, Store } from '../../store/store.ts';
import { putImage } from '../../transport/put-image.ts';
import type { CommitRequest } from '../commit-types.ts';
import { ContainerConflictError } from '../containers/errors.ts';
import { findContainer } from '../containers/find.ts';
import type { Container } from '../containers/record.ts';
import { tell } from '../containers/tell.ts';
import { standStill } from './stand-still.ts';

/** What `commit` needs. */
export interface CommitParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
  /** Applies Dockerfile instructions, one each, to a container's defaults. Throws for those that are not allowed. */
  readonly applyChanges: (
    config: ContainerConfig,
    changes: readonly string[],
  ) => ContainerConfig | Promise<ContainerConfig>;
}

/** See {@link Commit}. Nothing of what is mounted in the container is read. */
export async function commitContainer(
  parts: CommitParts,
  request: CommitRequest,
  options: CallOptions = {},
): Promise<Digest> {
  const { store, snapshotter } = parts;
  const names = request.name === undefined ? [] : [canonicalName(parseTagTarget(request.name))];
  const container = findContainer(store, request.container);
  // What ONBUILD asks for was done when the container's image was made.
  const { OnBuild: _, ...start } = container.record.config;
  const config = await parts.applyChanges(start, request.changes ?? []);
  let isDone = false;
  try {
    using lease = store.lease('commit');
    lease.hold('image', container.image);
    if (container.chain !== undefined) lease.hold('chain', container.chain);
    const layers = layersOf(snapshotter, container);
    const layer = await changesOf(parts, container, lease, layers, request, options);
    const base = parseConfig(store.blobs.readSync(container.image));
    const image = configOf(base, container, config, layer, request, store.clock.now());
    const configBlob = store.blobs.putSync(encodeConfig(image));
    lease.hold('blob', configBlob.digest);
    const all = [...layers, ...(layer ? [layer.diffId] : [])];
    const manifest = makeManifest(configBlob, plainLayers(store, all));
    lease.hold('blob', manifest.descriptor.digest);
    store.blobs.putSync(manifest.bytes);
    const chain = layer ? nameLayer(snapshotter, layer, container) : container.chain;
    snapshotter.sync(all);
    putImage(store, {
      id: configBlob.digest,
      config: image,
      manifest: manifest.descriptor,
      chain,
      names,
      parent: container.image,
    });
    note(store, container, configBlob.digest, request);
    isDone = true;
    return configBlob.digest;
  } finally {
    if (!isDone) await store.collect();
  }
}

function layersOf(snapshotter: Snapshotter, { chain, name }: Container): readonly DiffId[] {
  const layers = chain === undefined ? [] : snapshotter.stack(chain);
  if (layers) return layers;
  throw new ContainerConflictError(`layers of container ${name} are missing`);
}

/** What a container changed, as a layer; undefined when that is nothing. */
async function changesOf(
  { store, snapshotter }: CommitParts,
  container: Container,
  lease: Lease,
  layers: readonly DiffId[],
  request: CommitRequest,
  options: CallOptions,
): Promise<SealedLayer | undefined> {
  const upper = join(store.paths.containers, container.id, 'upper');
  if (!existsSync(upper)) return undefined;
  await using draft = snapshotter.draft(lease);
  const tableFile = join(draft.scratch, 'files');
  const table = new FileTableWriter(tableFile);
  const stream = new LayerStream({ table });
  let isChanged: boolean;
  {
    using _ = request.pause === false ? undefined : standStill(store, container, options);
    const below = snapshotter.view(layers);
    isChanged = await copyUpper(upper, draft.fs, stream, { ...options, below });
  }
  const figures = stream.finish();
  table.close();
  return isChanged ? snapshotter.sealHashed(draft, figures, tableFile) : undefined;
}

function nameLayer(snapshotter: Snapshotter, layer: SealedLayer, container: Container): ChainId {
  return snapshotter.name(layer.diffId, container.chain, {
    instruction: commandOf(container),
    file: `commit of ${container.name}`,
  });
}

function plainLayers(
  store: Store,
  layers: readonly DiffId[],
): { readonly diffId: DiffId; readonly size: number }[] {
  return store.read((tables) =>
    layers.map((diffId) => ({ diffId, size: tables.layers.get(diffId)?.size ?? 0 })),
  );
}

/** What Docker's history says of a commit: the container's command, without its entry point. */
function commandOf({ record }: Container): string {
  return (record.config.Cmd ?? []).join(' ');
}

function configOf(
  base: ImageConfig,
  container: Container,
  config: ContainerConfig,
  layer: SealedLayer | undefined,
  { author, message }: CommitRequest,
  now: Date,
): ImageConfig {
  const created = rfc3339Nano(now);
  const by = commandOf(container);
  const { author: _, ...rest } = base;
  return {
    ...rest,
    created,
    ...(author !== undefined && { author }),
    config,
    rootfs: {
      type: 'layers',
      diff_ids: [...base.rootfs.diff_ids, ...(layer ? [layer.diffId] : [])],
    },
    history: [
      ...(base.history ?? []),
      {
        created,
        ...(by !== '' && { created_by: by }),
        ...(author !== undefined && { author }),
        ...(message !== undefined && { comment: message }),
        ...(!layer && { empty_layer: true }),
      },
    ],
  };
}

function note(store: Store, { id }: Container, image: Digest, request: CommitRequest): void {
  store.note((tables) => {
    const row = tables.containers.get(id);
    if (!row) return;
    tell(tables, 'commit', row, store.clock.now().getTime(), {
      comment: request.message ?? '',
      imageID: image,
      imageRef: request.name ?? '',
    });
  });
}
