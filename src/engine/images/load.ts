import type { Bytes } from '../../base/bytes.ts';
import { hostPlatform } from '../../oci/platform.ts';
import { familiar, parseReference } from '../../oci/reference.ts';
import type { Snapshotter } from '../../snapshot/snapshotter.ts';
import type { Store } from '../../store/store.ts';
import { ArchiveMembers } from '../../transport/archive-members.ts';
import { archivedImages, archiveSource } from '../../transport/archive-source.ts';
import { copy } from '../../transport/copy.ts';
import { ImageBatch } from '../../transport/image-batch.ts';
import { LayerIntake } from '../../transport/layer-intake.ts';
import { StoreDestination } from '../../transport/store-destination.ts';
import type { ArchiveCall } from '../archive-types.ts';
import type { Loaded } from '../engine.ts';
import { layoutDirectory } from './layout-directory.ts';

/**
 * Brings the images of an archive into the store, under the names they have there: Docker's
 * form, old or new, or an OCI layout, plain, compressed or unpacked. An archive is read once, also
 * from a pipe; nothing of it is kept when it turns out to be wrong.
 *
 * Throws InvalidArchiveError, InvalidInputError, DigestMismatchError, UnsupportedImageError.
 */
export async function loadImages(
  parts: { readonly store: Store; readonly snapshotter: Snapshotter },
  archive: Bytes | { readonly directory: string },
  options: ArchiveCall = {},
): Promise<readonly Loaded[]> {
  const { store } = parts;
  const bytes = 'directory' in archive ? layoutDirectory(archive.directory) : archive;
  let isDone = false;
  try {
    const loaded = await load(parts, bytes, options);
    isDone = true;
    return loaded;
  } finally {
    // Blobs and layers that came before the error belong to nobody now.
    if (!isDone) await store.collect();
  }
}

async function load(
  { store, snapshotter }: { readonly store: Store; readonly snapshotter: Snapshotter },
  archive: Bytes,
  options: ArchiveCall,
): Promise<readonly Loaded[]> {
  using lease = store.lease('load');
  const intake = new LayerIntake(store, snapshotter, lease);
  const members = await ArchiveMembers.read(archive, intake, options);
  const images = await archivedImages(members, hostPlatform(process.arch), options.platform);
  const loaded: Loaded[] = [];
  const batch = new ImageBatch();
  intake.expect(images.flatMap(({ held }) => [...held.keys()]));
  for (const image of images) {
    const to = new StoreDestination(
      { store, snapshotter, intake, lease, batch, action: 'load' },
      image.names,
    );
    // Its large layers are in the store by now; only what was held moves.
    await copy(archiveSource(image), to, {
      ...(options.signal && { signal: options.signal }),
      select: (child) => image.held.has(child.digest),
    });
    const names = image.names.map((name) => familiar(parseReference(name)));
    const { tags = [] } = image;
    loaded.push({ id: to.stored, names, ...(tags.length > 0 && { tags }) });
  }
  batch.commit(store, snapshotter);
  return loaded;
}
