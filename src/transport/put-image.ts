import { InvalidInputError } from '../base/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { ChainId, Digest } from '../oci/digest.ts';
import type { ImageConfig } from '../oci/image-config.ts';
import { diffIdsOf } from '../oci/parse-config.ts';
import { choosePlatform, hostPlatform, normalisePlatform, type Platform } from '../oci/platform.ts';
import { type ImageAction, recordImage } from '../store/record-event.ts';
import type { Store } from '../store/store.ts';
import type { ImageRow, ImageSteps, Tables } from '../store/tables.ts';

/** An image whose parts are all in the store: blobs written, layers sealed, named as a stack and synced. */
export interface NewImage {
  /** Digest of the config: the image ID. */
  readonly id: Digest;
  readonly config: ImageConfig;
  readonly manifest: Descriptor;
  readonly chain: ChainId | undefined;
  /** Layer blobs that are kept as they came; none for layers of our own making. */
  readonly blobs?: readonly Digest[];
  /** Canonical names to put on it. */
  readonly names?: readonly string[];
  /** The local image it was committed from. */
  readonly parent?: Digest;
  /** True when the times in the config were clamped, so that they say nothing of its age. */
  readonly clamped?: boolean;
  /** How it came here, for the events; `create`, as builds do, by default. */
  readonly action?: ImageAction;
  /** The mirror that gave it in place of its registry. */
  readonly mirror?: string | undefined;
  /** The lines of the Dockerfile that made it, where it was built here. */
  readonly steps?: ImageSteps;
}

/** Containers are younger: an earlier time is the zero of Unix, of DOS or of a language. */
const EARLIEST_CREDIBLE = Date.UTC(1981, 0, 1);

/**
 * Makes an image visible, under its names, in one durable transaction. Idempotent.
 * Throws InvalidInputError when a layer of its stack is not in the store.
 */
export function putImage(store: Store, image: NewImage): ImageRow {
  return store.write((tables) => {
    const now = store.clock.now().getTime();
    const row = put(tables, now, image);
    tell(tables, image, image.names ?? [], now);
    return row;
  });
}

/** Archives and registries bring names with the image; elsewhere they are put on it. */
function tell(
  tables: Tables,
  { id, action = 'create', mirror }: NewImage,
  names: readonly string[],
  now: number,
): void {
  const tags = names.filter((name) => !name.includes('@'));
  if (action === 'pull') recordImage(tables, action, id, now, tags[0] ?? names[0], mirror);
  else {
    if (action !== 'load') for (const name of tags) recordImage(tables, 'tag', id, now, name);
    recordImage(tables, action, id, now);
  }
}

/** Images of several platforms whose parts are all in the store, the index's own document too. */
export interface NewIndex {
  readonly descriptor: Descriptor;
  /** In the order of the index, each with its entry there; those that are here. */
  readonly members: readonly { readonly image: NewImage; readonly entry: Descriptor }[];
  /** What it needs besides: attestations with their parts. */
  readonly blobs?: readonly Digest[];
  /** Canonical names to put on it. */
  readonly names?: readonly string[];
}

/**
 * Makes an index visible with all its images, under its names, in one durable transaction:
 * every image is an image of its own too, and the one for this machine is what the names mean
 * without another word. Idempotent. Throws InvalidInputError.
 */
export function putIndex(store: Store, index: NewIndex): ImageRow {
  const { descriptor, members, blobs = [], names = [] } = index;
  return store.write((tables) => {
    const now = store.clock.now().getTime();
    const rows = members.map(({ image }) => put(tables, now, image));
    const platforms = members.map(({ entry }, at) => entry.platform ?? rows[at]?.platform);
    const chosen = rows[choosePlatform(platforms, hostPlatform(process.arch))];
    if (!chosen) throw new InvalidInputError('the index holds no image');
    tables.indexes.put(
      {
        digest: descriptor.digest,
        descriptor,
        storedAt: now,
        members: members.map(({ image, entry }) => ({ image: image.id, manifest: entry })),
      },
      [...blobs, ...members.map(({ entry }) => entry.digest)],
    );
    for (const name of names) tables.images.tag(name, chosen.id, now, descriptor.digest);
    const image = members.find((member) => member.image.id === chosen.id)?.image;
    if (image) tell(tables, image, names, now);
    return chosen;
  });
}

function put(tables: Tables, now: number, image: NewImage): ImageRow {
  const stack = image.chain === undefined ? [] : tables.layers.stack(image.chain);
  if (stack?.length !== diffIdsOf(image.config).length) {
    throw new InvalidInputError(`the layers of ${image.id} are not all here`);
  }
  const createdAt = image.clamped === true ? undefined : credibleTime(image.config.created);
  const names = image.names ?? [];
  const row: ImageRow = {
    id: image.id,
    manifest: image.manifest,
    platform: platformOf(image.config),
    storedAt: now,
    usedAt: now,
    size: stack.reduce((sum, layer) => sum + layer.contentSize, 0),
    labels: image.config.config?.Labels ?? {},
    ...(image.chain !== undefined && { chain: image.chain }),
    ...(createdAt !== undefined && { createdAt }),
    ...(image.parent !== undefined && { parent: image.parent }),
    ...(names.length > 0 && { taggedAt: now }),
  };
  tables.images.put(row);
  if (image.steps) tables.images.putSteps(image.id, image.steps);
  for (const blob of image.blobs ?? []) tables.blobs.link(image.id, blob);
  for (const name of names) tables.images.tag(name, image.id, now);
  return row;
}

/** The platform that a config names; what it leaves out is this machine's. */
function platformOf(config: ImageConfig): Platform {
  const host = hostPlatform(process.arch);
  return normalisePlatform({
    os: config.os || host.os,
    architecture: config.architecture || host.architecture,
    ...(config.variant !== undefined && { variant: config.variant }),
  });
}

function credibleTime(created: string | undefined): number | undefined {
  const time = created === undefined ? NaN : Date.parse(created);
  return time >= EARLIEST_CREDIBLE ? time : undefined;
}
