import type { Bytes } from '../../base/bytes.ts';
import { isAttestation } from '../../image/attestation.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import type { Platform } from '../../oci/platform.ts';
import { familiar, parseReference, repositoryName } from '../../oci/reference.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import { recordImage } from '../../store/record-event.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { ImageRow, IndexRow, Tables } from '../../store/tables.ts';
import { copy } from '../../transport/copy.ts';
import { DockerArchive } from '../../transport/docker-archive-destination.ts';
import { storeSource } from '../../transport/store-source.ts';
import type { ArchiveCall } from '../engine.ts';
import { ImageNotFoundError, ReferenceNotFoundError } from '../errors.ts';
import { findIn, type Found } from './find.ts';

/** An image to save with the canonical names to save it under. */
interface Wanted {
  readonly image: ImageRow;
  /** Saved as a whole, where it was named and there is more of it here than the one image. */
  readonly index?: IndexRow;
  readonly names: Set<string>;
}

/**
 * Docker's archive of images, streamed: nothing is read before it is asked for. A repository
 * without a tag means all its tags; an ID means the image without its names. The images stay
 * in the store until the stream has ended.
 *
 * Throws ReferenceNotFoundError, AmbiguousImageError, InvalidReferenceError.
 */
export async function saveImages(
  parts: { readonly store: Store; readonly snapshotter: Snapshotter },
  names: readonly string[],
  options: ArchiveCall = {},
): Promise<Bytes> {
  const { store, snapshotter } = parts;
  const lease = store.lease('save');
  try {
    const wanted = store.read((tables) => wantedImages(tables, names, options.platform));
    for (const { image, index } of wanted) {
      lease.hold('image', image.id);
      if (index) lease.holdIndex(index.digest);
    }
    store.note((tables) => {
      const now = store.clock.now().getTime();
      for (const { image } of wanted) {
        tables.images.use(image.id, now);
        recordImage(tables, 'save', image.id, now);
      }
    });
    const archive = new DockerArchive();
    for (const { image, index, names: own } of wanted) {
      const label = [...own].map((name) => familiar(parseReference(name)))[0] ?? image.id;
      const whole = index && wholeIndex(store, index);
      const source = storeSource(
        store,
        snapshotter,
        { manifest: whole?.descriptor ?? image.manifest },
        label,
      );
      const main = whole?.members.find((member) => member.image === image.id)?.manifest;
      const destination = archive.destination([...own].sort(), main && { main });
      // The layers move when the archive is read; that is the progress to tell.
      await copy(source, destination, {
        ...quietly(options),
        ...(whole && { select: (child) => isHere(store, child.digest) }),
      });
    }
    return held(archive.bytes(options), lease);
  } catch (error) {
    lease[Symbol.dispose]();
    throw error;
  }
}

function quietly({ signal }: CallOptions): CallOptions {
  return signal ? { signal } : {};
}

/** The index, unless only one of its several images is here: that one is saved alone then. */
function wholeIndex(store: Store, index: IndexRow): IndexRow | undefined {
  if (index.members.length > 1) return index;
  const { manifests } = parseIndex(store.blobs.readSync(index.digest), index.descriptor.mediaType);
  return manifests.filter((entry) => !isAttestation(entry)).length === 1 ? index : undefined;
}

function isHere(store: Store, digest: Digest): boolean {
  return store.read(({ blobs }) => blobs.has(digest));
}

async function* held(bytes: Bytes, lease: Lease): Bytes {
  using _ = lease;
  yield* bytes;
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
    if (error instanceof ImageNotFoundError) throw new ReferenceNotFoundError(text);
    throw error;
  }
}
