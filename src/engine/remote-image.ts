import type { CallOptions } from '../base/progress.ts';
import { chooseManifest } from '../oci/choose-manifest.ts';
import type { Digest } from '../oci/digest.ts';
import { CHILD_COUNT_LIMIT, DOCUMENT_LIMIT } from '../oci/limits.ts';
import type { Index, Manifest } from '../oci/manifest.ts';
import { parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { formatPlatform, type Platform } from '../oci/platform.ts';
import { RegistryError, RemoteNotFoundError } from '../registry/errors.ts';
import type { RemoteManifest } from '../registry/manifests.ts';
import type { Repository } from '../registry/repository.ts';
import { isConfig } from '../transport/children.ts';
import { UnsupportedImageError } from '../transport/errors.ts';

/** Indexes inside indexes. */
const DEPTH = 8;

/** An image that a registry has, for one platform. */
export interface RemoteImage {
  /** What the name points at: the manifest, or the index it was chosen from. */
  readonly root: Digest;
  readonly manifest: RemoteManifest;
  readonly parsed: Manifest;
}

/**
 * Asks a registry for the image of a name and, where there are several, for the one that fits
 * the platform. Throws RemoteNotFoundError when none does, UnsupportedImageError for what is no
 * image, and what the repository throws.
 */
export async function remoteImage(
  repository: Repository,
  platform: Platform,
  call: CallOptions = {},
): Promise<RemoteImage> {
  let manifest = await repository.getManifest(undefined, call);
  const root = manifest.descriptor.digest;
  for (let depth = 0; depth < DEPTH; depth += 1) {
    const document = parseManifestOrIndex(manifest.bytes, manifest.descriptor.mediaType);
    if (document.kind === 'manifest') {
      const parsed = document.manifest;
      if (!isConfig(parsed.config)) throw noImage(repository, parsed);
      return { root, manifest, parsed };
    }
    checkCount(repository, document.index);
    const chosen = chooseManifest(document.index.manifests, platform);
    if (!chosen) {
      const offered = document.index.manifests.flatMap((entry) =>
        entry.platform && entry.platform.os !== 'unknown' ? [formatPlatform(entry.platform)] : [],
      );
      throw new RemoteNotFoundError(
        `no matching manifest for ${formatPlatform(platform)} in the manifest list entries`,
        {
          hint: offered.length > 0 ? `There are: ${[...new Set(offered)].join(', ')}.` : undefined,
        },
      );
    }
    if (chosen.size > DOCUMENT_LIMIT) {
      throw new RegistryError(
        `the manifest of ${repository.label} is larger than ${DOCUMENT_LIMIT} bytes`,
      );
    }
    manifest = await repository.getManifest(chosen.digest, call);
    if (manifest.bytes.length !== chosen.size) {
      throw new RegistryError(
        `${chosen.digest} of ${repository.label} has ${manifest.bytes.length} bytes, not ${chosen.size}`,
      );
    }
  }
  throw new RegistryError(`the image of ${repository.label} lies in more than ${DEPTH} indexes`);
}

/** Throws RegistryError for an index that is longer than any image needs. */
export function checkCount({ label }: Repository, { manifests }: Index): void {
  if (manifests.length <= CHILD_COUNT_LIMIT) return;
  throw new RegistryError(`the index of ${label} has more than ${CHILD_COUNT_LIMIT} entries`);
}

function noImage(repository: Repository, manifest: Manifest): UnsupportedImageError {
  const type = manifest.artifactType ?? manifest.config.mediaType;
  return new UnsupportedImageError(
    `Encountered remote ${JSON.stringify(type)}(unknown) when fetching: ${repository.label} is no container image`,
  );
}
