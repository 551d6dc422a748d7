import { type Bytes, once } from '../base/bytes.ts';
import type { CallOptions } from '../base/progress.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Platform } from '../oci/platform.ts';
import type { ArchiveMembers } from './archive-members.ts';
import type { ArchivedImage } from './archived-image.ts';
import { dockerArchiveImages } from './docker-archive-source.ts';
import { InvalidArchiveError } from './errors.ts';
import { legacyArchiveImages } from './legacy-archive-source.ts';
import { ociLayoutImages } from './oci-layout-source.ts';
import type { Source } from './transport.ts';

/**
 * Finds the images of an archive: of Docker's form (any version since 1.10 by its
 * `manifest.json`, older ones by `repositories`), or an OCI layout. Of several platforms it
 * takes the one that runs on `platform`.
 *
 * Throws InvalidArchiveError, InvalidInputError.
 */
export async function archivedImages(
  members: ArchiveMembers,
  platform: Platform,
): Promise<readonly ArchivedImage[]> {
  const images =
    dockerArchiveImages(members) ??
    ociLayoutImages(members, platform) ??
    (await legacyArchiveImages(members));
  if (!images) throw members.withoutImages();
  if (images.length === 0) throw new InvalidArchiveError('the archive holds no image');
  return images;
}

/** An image of an archive as the place it comes from. */
export function archiveSource(image: ArchivedImage): Source {
  const label = 'the archive';
  return {
    label,
    root: () => Promise.resolve(image.root),
    fetch(node: Descriptor, options?: CallOptions): Promise<Bytes> {
      options?.signal?.throwIfAborted();
      const data = image.held.get(node.digest);
      if (data) return Promise.resolve(once(data));
      throw new InvalidArchiveError(`${node.digest} is not in the archive`);
    },
  };
}
