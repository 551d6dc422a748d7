import { rfc3339Nano } from '../../base/clock.ts';
import type { CallOptions } from '../../base/progress.ts';
import { makeManifest } from '../../image/make-manifest.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { ChainId, DiffId } from '../../oci/digest.ts';
import type { History, ImageConfig } from '../../oci/image-config.ts';
import { diffIdsOf } from '../../oci/parse-config.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import { formatPlatform, matchesPlatform } from '../../oci/platform.ts';
import { canonicalName, parseTagTarget } from '../../oci/reference.ts';
import { encodeConfig } from '../../oci/write-json.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { ImageRow, LayerRow } from '../../store/tables.ts';
import { foreignBlobs } from '../../build/publish.ts';
import { putImage } from '../../transport/put-image.ts';
import { findBase } from '../find-base.ts';
import { findImage } from '../images/find.ts';
import type { Rebased, RebaseRequest } from '../freshness-types.ts';
import { layerSteps, stackTree, type UnderstandParts } from '../understand/explain.ts';
import { type ImageWithSteps, stepsOf } from '../understand/steps.ts';
import { clashes } from './conflicts.ts';
import { RebaseConflictError } from './errors.ts';
import { mergeConfig } from './merge-config.ts';
import { oldBaseOf } from './old-base.ts';

/**
 * Puts an image's own layers on another base. Throws RebaseConflictError where a file of the
 * image would hide what the new base changed, BaseUnknownError, ImageNotFoundError,
 * AmbiguousImageError.
 */
export async function rebaseImage(
  parts: UnderstandParts,
  request: RebaseRequest,
  call: CallOptions = {},
): Promise<Rebased> {
  const { store } = parts;
  using lease = store.lease('rebase');
  const held = (row: ImageRow): ImageWithSteps => {
    lease.hold('image', row.id);
    return store.read((tables) => stepsOf(store, tables, row));
  };
  const found = (name: string): ImageWithSteps => held(findImage(store, name, request.platform));
  const image = found(request.image);
  const before = held(oldBaseOf(store, image, request));
  const after = found(request.onto);
  checkPlatforms(request, image.image, after.image);
  const conflicts = await conflictsOf(parts, { image, before, after }, call);
  if (conflicts.length > 0 && request.force !== true) {
    throw new RebaseConflictError(request.image, request.onto, conflicts);
  }
  const own = image.layers.slice(before.layers.length);
  const { config, kept } = joined(store, { image, before, after }, own);
  const id = publish(parts, lease, request, {
    image,
    after,
    config,
    own,
    inherited: historyOf(after.config).length,
  });
  return {
    id,
    layers: { own: own.length, before: before.layers.length, after: after.layers.length },
    kept,
    conflicts,
    from: before.image.id,
  };
}

interface Three {
  readonly image: ImageWithSteps;
  readonly before: ImageWithSteps;
  readonly after: ImageWithSteps;
}

function checkPlatforms({ image, onto }: RebaseRequest, own: ImageRow, fresh: ImageRow): void {
  if (matchesPlatform(own.platform, fresh.platform)) return;
  throw new InvalidInputError(
    `${onto} is for ${formatPlatform(fresh.platform)}, ${image} for ${formatPlatform(own.platform)}`,
  );
}

async function conflictsOf(
  { snapshotter }: UnderstandParts,
  { image, before, after }: Three,
  call: CallOptions,
): Promise<Rebased['conflicts']> {
  const firstOwn = before.layers.length;
  const trees = {
    before: await stackTree(snapshotter, before, call),
    after: await stackTree(snapshotter, after, call),
    image: await stackTree(snapshotter, image, call),
    firstOwn,
  };
  const steps = layerSteps(image);
  return clashes(trees).map((clash) => ({
    ...clash,
    createdBy: steps[clash.layer - 1]?.createdBy ?? '',
  }));
}

function joined(
  store: Store,
  { image, before, after }: Three,
  own: readonly LayerRow[],
): { readonly config: ImageConfig; readonly kept: readonly string[] } {
  const { config = {} } = image.config;
  const merged = mergeConfig(before.config.config ?? {}, config, after.config.config ?? {});
  const history = [
    ...historyOf(after.config),
    ...ownHistory(historyOf(image.config), historyOf(before.config), before.layers.length),
  ];
  return {
    config: {
      ...image.config,
      created: rfc3339Nano(store.clock.now()),
      config: merged.config,
      rootfs: {
        type: 'layers',
        diff_ids: [...diffIdsOf(after.config), ...own.map(({ diffId }) => diffId)],
      },
      history,
    },
    kept: merged.kept,
  };
}

function historyOf({ history = [] }: ImageConfig): readonly History[] {
  return history;
}

/** What follows the base's entries, or the entry of its last layer where the base has others. */
function ownHistory(
  own: readonly History[],
  base: readonly History[],
  layers: number,
): readonly History[] {
  const begins = base.every((entry, at) => JSON.stringify(entry) === JSON.stringify(own[at]));
  if (begins) return own.slice(base.length);
  let left = layers;
  const start = own.findIndex((entry) => left === 0 || (entry.empty_layer !== true && --left < 0));
  return start < 0 ? [] : own.slice(start);
}

interface Publication {
  readonly image: ImageWithSteps;
  readonly after: ImageWithSteps;
  readonly config: ImageConfig;
  readonly own: readonly LayerRow[];
  readonly inherited: number;
}

function publish(
  { store, snapshotter }: UnderstandParts,
  lease: Lease,
  request: RebaseRequest,
  { image, after, config, own, inherited }: Publication,
): Rebased['id'] {
  let chain: ChainId | undefined = after.image.chain;
  const diffIds: DiffId[] = own.map(({ diffId }) => diffId);
  for (const diffId of diffIds) chain = snapshotter.name(diffId, chain);
  if (chain !== undefined) lease.hold('chain', chain);
  const layers = [...after.layers, ...own];
  const bytes = encodeConfig(config);
  const blob = store.blobs.putSync(bytes);
  lease.hold('blob', blob.digest);
  const { manifest } = image.image;
  const { annotations } = parseManifest(store.blobs.readSync(manifest.digest), manifest.mediaType);
  const onto = findBase(store, request.onto, request.platform);
  const made = makeManifest(blob, layers, {
    annotations: withoutBase(annotations),
    base: { name: onto.name, digest: onto.manifest },
  });
  lease.hold('blob', made.descriptor.digest);
  store.blobs.putSync(made.bytes);
  const steps = store.read((tables) => tables.images.steps(image.image.id));
  const name = request.name ?? nameOf(request.image);
  putImage(store, {
    id: blob.digest,
    config,
    manifest: made.descriptor,
    chain,
    blobs: foreignBlobs(store, layers),
    names: name === undefined ? [] : [canonicalName(parseTagTarget(name))],
    ...(steps && { steps: { ...steps, inherited } }),
  });
  return blob.digest;
}

/** What an image says of itself beside its base. */
function withoutBase(annotations: Readonly<Record<string, string>> = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries(annotations).filter(
      ([key]) => !key.startsWith('org.opencontainers.image.base.'),
    ),
  );
}

/** The name under which the result is to be found; an ID is no name. */
function nameOf(image: string): string | undefined {
  return /^(?:sha256:)?[0-9a-f]{6,64}$/.test(image) || image.includes('@') ? undefined : image;
}
