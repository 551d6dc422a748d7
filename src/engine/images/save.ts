import type { Bytes } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Digest } from '../../oci/digest.ts';
import { familiar, parseReference, repositoryName } from '../../oci/reference.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Lease, Store } from '../../store/store.ts';
import type { ImageRow, Tables } from '../../store/tables.ts';
import { copy } from '../../transport/copy.ts';
import { DockerArchive } from '../../transport/docker-archive-destination.ts';
import { storeSource } from '../../transport/store-source.ts';
import { ImageNotFoundError, ReferenceNotFoundError } from '../errors.ts';
import { findIn } from './find.ts';

/** An image to save with the canonical names to save it under. */
interface Wanted {
  readonly image: ImageRow;
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
  options: CallOptions = {},
): Promise<Bytes> {
  const { store, snapshotter } = parts;
  const lease = store.lease('save');
  try {
    const wanted = store.read((tables) => wantedImages(tables, names));
    for (const { image } of wanted) hold(lease, image);
    const archive = new DockerArchive();
    for (const { image, names: own } of wanted) {
      const label = [...own].map((name) => familiar(parseReference(name)))[0] ?? image.id;
      const source = storeSource(store, snapshotter, image, label);
      // The layers move when the archive is read; that is the progress to tell.
      await copy(source, archive.destination([...own].sort()), quietly(options));
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

/** Keeps the parts of an image, so that it can be removed while it is being saved. */
function hold(lease: Lease, image: ImageRow): void {
  lease.hold('blob', image.id);
  lease.hold('blob', image.manifest.digest);
  if (image.chain !== undefined) lease.hold('chain', image.chain);
}

async function* held(bytes: Bytes, lease: Lease): Bytes {
  using _ = lease;
  yield* bytes;
}

/** In the order in which they were asked for, each image once. */
function wantedImages(tables: Tables, names: readonly string[]): readonly Wanted[] {
  const wanted = new Map<Digest, Wanted>();
  const want = (image: ImageRow, name?: string): void => {
    const own = wanted.get(image.id) ?? { image, names: new Set() };
    if (name !== undefined) own.names.add(name);
    wanted.set(image.id, own);
  };
  for (const text of names) {
    const tags = allTags(tables, text);
    if (tags.length > 0) {
      for (const { name, image } of tags) want(image, name);
      continue;
    }
    const { image, by } = found(tables, text);
    // A digest names the image for sure, but archives name images by tags only.
    want(image, 'name' in by && !by.name.includes('@') ? by.name : undefined);
  }
  return [...wanted.values()];
}

/** All names of a repository that was given without tag or digest. */
function allTags(tables: Tables, text: string): { name: string; image: ImageRow }[] {
  if (/^(?:sha256:)?[0-9a-f]{64}$/.test(text)) return [];
  const reference = parseReference(text);
  if (reference.tag !== undefined || reference.digest !== undefined) return [];
  const prefix = `${repositoryName(reference)}:`;
  return tables.images
    .names()
    .filter((row) => row.name.startsWith(prefix))
    .flatMap((row) => {
      const image = tables.images.get(row.image);
      return image ? [{ name: row.name, image }] : [];
    });
}

function found(tables: Tables, text: string): ReturnType<typeof findIn> {
  try {
    return findIn(tables, text);
  } catch (error) {
    if (error instanceof ImageNotFoundError) throw new ReferenceNotFoundError(text);
    throw error;
  }
}
