import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter, type Task } from '../../base/reporter.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { InvalidReferenceError } from '../../oci/errors.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import {
  canonicalName,
  familiar,
  familiarRepository,
  parseReference,
  type Reference,
  repositoryName,
} from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RegistryDestination } from '../../registry/registry-destination.ts';
import { digestName, openRepository } from '../../registry/repository.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import { copy } from '../../transport/copy.ts';
import { EarlyBlobs } from '../../transport/early-blobs.ts';
import { storeSource } from '../../transport/store-source.ts';
import type { Pushed, PushRequest } from '../engine.ts';
import { resumption } from '../resumption.ts';
import { NotPushableError } from '../errors.ts';
import { findIn } from './find.ts';
import { layerProgress } from './layer-progress.ts';
import { nearest } from './near.ts';
import { fromOrigin } from './push-whole.ts';
import { pushable } from './pushable.ts';

/** What pushing works with. */
export interface PushParts {
  readonly store: Store;
  readonly snapshotter: () => Promise<Snapshotter>;
  readonly connections: () => Promise<Connections>;
}

/** An image, or an index, to push. */
interface Wanted {
  /** Under which tags; at least one. */
  readonly tags: readonly string[];
  readonly image: ImageRow;
  readonly index?: IndexRow | undefined;
  /** Bytes of a piece. */
  readonly chunk?: number | undefined;
  readonly compression?: PushRequest['compression'];
}

/** Layers that move at the same time, as Docker does. */
const PARALLEL = 5;
/** Images whose layers may be had of another repository of the same registry. */
const NEIGHBOURS = 200;

/**
 * Sends images to the registries that their names say: layers compressed, each blob once, the
 * tag last. The manifest that was sent is remembered as a digest of the image.
 *
 * Throws NotPushableError, InvalidReferenceError, RegistryAccessError, RegistryError, NetError.
 */
export async function pushImages(
  parts: PushParts,
  request: PushRequest,
  call: CallOptions = {},
): Promise<readonly Pushed[]> {
  const reference = parseReference(request.name);
  if (reference.digest !== undefined) {
    throw new InvalidReferenceError('cannot push a digest reference');
  }
  if (request.all === true && reference.tag !== undefined) {
    throw new InvalidInputError("tag can't be used with --all-tags/-a");
  }
  const title = `The push refers to repository [${repositoryName(reference)}]`;
  using task = reporter(call.progress).begin(title, { kind: 'step' });
  const wanted = parts.store.read((tables) => wantedTags(tables, reference, request));
  const pushed: Pushed[] = [];
  for (const found of wanted) {
    const { chunk, compression } = request;
    pushed.push(...(await pushOne(parts, reference, { ...found, chunk, compression }, task, call)));
  }
  task.outcome = 'done';
  return pushed;
}

async function pushOne(
  parts: PushParts,
  named: Reference,
  found: Wanted,
  task: Task,
  call: CallOptions,
): Promise<readonly Pushed[]> {
  const { store } = parts;
  const references = found.tags.map((tag) => ({ ...named, tag }));
  const reference = references[0] ?? named;
  const snapshotter = await parts.snapshotter();
  using lease = store.lease('push');
  const connections = await parts.connections();
  const form = found.compression && { compression: found.compression };
  const { chunk } = found;
  const repository = openRepository(connections, reference, {
    push: true,
    chunk,
    ...resumption(store),
  });
  const near = neighbours(store, reference);
  const to = new RegistryDestination(repository, {
    tags: found.tags,
    mountable: (blob) => near.get(blob) ?? [],
  });
  const moving = { ...call, progress: layerProgress(call.progress, task.id) };
  const local = storeSource(store, snapshotter, found.image, found.image.id);
  await using early = new EarlyBlobs({ from: local, to }, moving, PARALLEL);
  const made = (blob: Descriptor): void => early.move(blob);
  const making = { ...call, signal: early.signal };
  const own = await pushable({ store, snapshotter, lease, made }, found, making, form);
  const isPart = found.index !== undefined && own.root.digest !== found.index.digest;
  const whole =
    isPart && found.index
      ? await fromOrigin({ store, connections }, reference, found.index, own, call)
      : undefined;
  const { root, source, missing } = whole ?? own;
  if (missing.length > 0) {
    reporter(call.progress).warn({
      code: 'PlatformsMissing',
      message: `${familiar(reference)} is pushed without what is not here: ${missing.join(', ')}`,
    });
  }
  await copy(source, to, { ...moving, moved: early.moved, concurrency: PARALLEL });
  const { digest, size } = root;
  return references.map((one) => {
    remember(store, one, found, root);
    task.note(`${one.tag}: digest: ${digest} size: ${size}`);
    return { name: familiar(one), digest, size };
  });
}

/** What was pushed can be asked for by its digest. */
function remember(
  store: Store,
  reference: Reference,
  { image, index }: Wanted,
  { digest }: Descriptor,
): void {
  const name = digestName(reference, digest);
  const whole = index?.digest === digest ? digest : undefined;
  store.write((tables) => {
    const { images } = tables;
    if (!images.get(image.id)) return;
    const now = store.clock.now().getTime();
    images.use(image.id, now);
    recordImage(tables, 'push', image.id, now, canonicalName(reference));
    const known = images.named(name);
    if (known?.image === image.id && known.index === whole) return;
    images.tag(name, image.id, image.taggedAt ?? now, whole);
  });
}

function wantedTags(
  tables: Tables,
  reference: Reference,
  { all = false, platform }: PushRequest,
): Wanted[] {
  const prefix = `${repositoryName(reference)}:`;
  const names = tables.images
    .names()
    .map((row) => row.name)
    .filter((name) => name.startsWith(prefix));
  const own = canonicalName(reference);
  const wanted = names.filter((name) => all || name === own);
  if (wanted.length === 0) throw notHere(tables, reference, names.length > 0);
  const found = new Map<string, Wanted>();
  for (const name of wanted) {
    const { image, index } = findIn(tables, name, platform);
    const member = platform && index?.members.find((one) => one.image === image.id);
    const what = member ? { ...image, manifest: member.manifest } : image;
    const key = `${what.manifest.digest} ${platform ? '' : index?.digest}`;
    const tags = [...(found.get(key)?.tags ?? []), name.slice(prefix.length)];
    found.set(key, { tags, image: what, ...(!platform && { index }) });
  }
  return [...found.values()];
}

function notHere(tables: Tables, reference: Reference, hasOthers: boolean): NotPushableError {
  const name = familiar(reference);
  const names = tables.images.names().map((row) => familiar(parseReference(row.name)));
  const tagged = names.filter((one) => !one.includes('@'));
  const wanted = familiar(parseReference(canonicalName(reference)));
  return new NotPushableError(
    hasOthers
      ? `tag does not exist: ${name}`
      : `An image does not exist locally with the tag: ${familiarRepository(reference)}`,
    nearest(wanted, tagged),
  );
}

/** Blobs of images that were pulled from or pushed to the same registry, and where they are there. */
function neighbours(store: Store, reference: Reference): ReadonlyMap<Digest, readonly string[]> {
  const found = new Map<Digest, string[]>();
  const own = `${reference.registry}/`;
  const rows = store
    .read(({ images, indexes }) =>
      images.names().flatMap(({ name, image, index }) => {
        if (!name.startsWith(own) || !name.includes('@')) return [];
        const { repository } = parseReference(name);
        if (repository === reference.repository) return [];
        const members = index === undefined ? undefined : indexes.get(index)?.members;
        const single = images.get(image)?.manifest;
        const manifests = members?.map(({ manifest }) => manifest) ?? (single ? [single] : []);
        return manifests.map((manifest) => ({ repository, manifest }));
      }),
    )
    .slice(0, NEIGHBOURS);
  for (const { repository, manifest } of rows) {
    const { layers } = parseManifest(store.blobs.readSync(manifest.digest), manifest.mediaType);
    for (const { digest } of layers) {
      const places = found.get(digest) ?? [];
      if (!places.includes(repository)) found.set(digest, [...places, repository]);
    }
  }
  return found;
}
