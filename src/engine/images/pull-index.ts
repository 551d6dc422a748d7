import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import { isAttestation } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseIndex, parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import { formatPlatform } from '../../oci/platform.ts';
import { canonicalName, familiar, type Reference } from '../../oci/reference.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import type { Repository } from '../../registry/repository-types.ts';
import type { Store } from '../../store/store.ts';
import { checkCount } from '../remote-image.ts';
import { isForLinux } from './for-linux.ts';

/**
 * What a name points at, when that is an index; undefined for an image alone. Names the images
 * of it that are for other systems and stay where they are. Throws InvalidInputError when all do.
 */
export async function remoteIndex(
  repository: Repository,
  reference: Reference,
  call: CallOptions,
): Promise<{ readonly root: Digest; readonly manifest: RemoteManifest } | undefined> {
  const manifest = await repository.getManifest(undefined, call);
  const document = parseManifestOrIndex(manifest.bytes, manifest.descriptor.mediaType);
  if (document.kind === 'manifest') return undefined;
  checkCount(repository, document.index);
  const images = document.index.manifests.filter((entry) => !isAttestation(entry));
  const others = images.filter((entry) => !isForLinux(entry));
  if (others.length === images.length) {
    throw new InvalidInputError(`${familiar(reference)} has no image for linux`);
  }
  if (others.length > 0) {
    reporter(call.progress).warn({
      code: 'PlatformsMissing',
      message: `${familiar(reference)} is pulled without what cannot be kept here: ${others.map(shown).join(', ')}`,
    });
  }
  return { root: manifest.descriptor.digest, manifest };
}

function shown({ platform, digest }: Descriptor): string {
  return platform ? formatPlatform(platform) : digest;
}

/** True when a name means this index, and all images of it are here that can be. */
export function isWholeHere(store: Store, reference: Reference, digest: Digest): boolean {
  return store.read(({ images, indexes, blobs }) => {
    const row = images.named(canonicalName(reference));
    const index = row?.index === digest ? indexes.get(digest) : undefined;
    if (!index) return images.get(row?.image ?? digest)?.manifest.digest === digest;
    const { manifests } = parseIndex(store.blobs.readSync(digest), index.descriptor.mediaType);
    return manifests.filter(isForLinux).every((entry) => blobs.has(entry.digest));
  });
}
