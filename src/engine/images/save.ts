import type { Bytes } from '../../base/bytes.ts';
import { isAttestation } from '../../image/attestation.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import { compressed } from '../../layer/compression.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import type { Platform } from '../../oci/platform.ts';
import { familiar, parseReference, repositoryName } from '../../oci/reference.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import { archiveTar, pourArchiveTar } from '../../transport/archive-tar.ts';
import { copy } from '../../transport/copy.ts';
import { DockerArchive } from '../../transport/docker-archive-destination.ts';
import { storeSource } from '../../transport/store-source.ts';
import type { ArchiveCall, SaveCall, SavedArchive } from '../archive-types.ts';
import { ImageNotFoundError, ReferenceNotFoundError } from '../errors.ts';
import { findIn, type Found } from './find.ts';
import { hasLayers } from './inventory.ts';

/** What saving works with. */
export interface SaveParts {
  readonly store: Store;
  readonly snapshotter: Snapshotter;
}

/** An image to save with the canonical names to save it under. */
export interface Wanted {
  readonly image: ImageRow;
  /** Saved as a whole, where it was named and there is more of it here than the one image. */
  readonly index?: IndexRow;
  readonly names: Set<string>;
}

/**
 * An archive of images, streamed: nothing is read before it is asked for. A repository
 * without a tag means all its tags; an ID means the image without its names. The images stay
 * in the store until the stream has ended.
 *
 * Throws ReferenceNotFoundError, AmbiguousImageError, InvalidReferenceError.
 */
export async function saveImages(
  parts: SaveParts,
  names: readonly string[],
  options: SaveCall = {},
): Promise<SavedArchive> {
  const { compress, form = 'docker' } = options;
  const lease = parts.store.lease('save');
  const archive = await whileHeld(lease, () => {
    const wanted = findWanted(parts.store, lease, names, options);
    return archiveOf(parts, wanted, new DockerArchive(form), options);
  });
  async function* bytes(): Bytes {
    using _ = lease;
    const tar = archiveTar(archive, options);
    yield* compress ? compressed(tar, compress) : tar;
  }
  return {
    [Symbol.asyncIterator]: () => bytes()[Symbol.asyncIterator](),
    async pour(sink) {
      if (compress) {
        for await (const chunk of bytes()) sink(chunk);
      } else {
        using _ = lease;
        await pourArchiveTar(archive, sink, options);
      }
    },
  };
}

/** Ends the lease only when `body` fails. */
async function whileHeld<T>(lease: Lease, body: () => Promise<T>): Promise<T> {
  try {
    return await body();
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

/** Finds what the names mean and holds it. Throws as {@link saveImages}. */
export function findWanted(
  store: Store,
  lease: Lease,
  names: readonly string[],
  { platform }: ArchiveCall,
): readonly Wanted[] {
  // Held in the transaction that looks: what is found cannot be collected any more.
  return store.note((tables) => {
    const wanted = wantedImages(tables, names, platform);
    const now = store.clock.now().getTime();
    for (const { image, index } of wanted) {
      lease.hold('image', image.id);
      if (index) lease.holdIndex(index.digest);
      tables.images.use(image.id, now);
      recordImage(tables, 'save', image.id, now);
    }
    return wanted;
  });
}

/** Puts images into an archive as they are. */
export async function archiveOf(
  { store, snapshotter }: SaveParts,
  wanted: readonly Wanted[],
  archive: DockerArchive,
  options: Pick<SaveCall, 'have' | 'signal'>,
): Promise<DockerArchive> {
  const leaveOut = options.have && hasLayers(options.have);
  for (const { image, index, names } of wanted) {
    const whole = index && wholeIndex(store, index);
    const manifest = whole?.descriptor ?? image.manifest;
    const source = storeSource(store, snapshotter, { manifest }, labelOf(image, names));
    const main = whole?.members.find((member) => member.image === image.id)?.manifest;
    const destination = archive.destination([...names].sort(), {
      ...(main && { main }),
      ...(leaveOut && { leaveOut }),
    });
    // The layers move when the archive is read; that is the progress to tell.
    await copy(source, destination, {
      ...quietly(options),
      ...(whole && { select: (child) => isHere(store, child.digest) }),
    });
  }
  return archive;
}

/** What an image is called in messages. */
function labelOf(image: ImageRow, names: ReadonlySet<string>): string {
  return [...names].map((name) => familiar(parseReference(name)))[0] ?? image.id;
}

function quietly({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}

/** The index, unless only one of its several images is here: that one is saved alone then. */
export function wholeIndex(store: Store, index: IndexRow): IndexRow | undefined {
  if (index.members.length > 1) return index;
  const { manifests } = parseIndex(store.blobs.readSync(index.digest), index.descriptor.mediaType);
  return manifests.filter((entry) => !isAttestation(entry)).length === 1 ? index : undefined;
}

export function isHere(store: Store, digest: Digest): boolean {
  return store.read(({ blobs }) => blobs.has(digest));
}

/** In the order in which they were asked for, each image once. */
function wantedImages(
  tables: Tables,
  names: readonly string[],
  platform: Platform | undefined,
): readonly Wanted[] {
  const wanted = new Map<Digest, Wanted>();
  const want = ({ image, index }: Omit<Found, 'by'>, name?: string): void => {
    const whole = platform ? undefined : index;
    const key = whole?.digest ?? image.id;
    const own = wanted.get(key) ?? { image, ...(whole && { index: whole }), names: new Set() };
    if (name !== undefined) own.names.add(name);
    wanted.set(key, own);
  };
  for (const text of names) {
    const tags = allTags(tables, text);
    if (tags.length > 0) {
      for (const name of tags) want(findIn(tables, name, platform), name);
      continue;
    }
    const { by, ...what } = found(tables, text, platform);
    // A digest names the image for sure, but archives name images by tags only.
    want(what, 'name' in by && !by.name.includes('@') ? by.name : undefined);
  }
  return [...wanted.values()];
}

/** All names of a repository that was given without tag or digest. */
function allTags(tables: Tables, text: string): string[] {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return [];
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) return [];
  const prefix = `${repositoryName(reference)}:`;
  return tables.images
    .names()
    .map((row) => row.name)
    .filter((name) => name.startsWith(prefix));
}

function found(tables: Tables, text: string, platform: Platform | undefined): Found {
  try {
    return findIn(tables, text, platform);
  } catch (error) {
    if (error instanceof ImageNotFoundError) throw new ReferenceNotFoundError(text, error.hint);
    throw error;
  }
}
