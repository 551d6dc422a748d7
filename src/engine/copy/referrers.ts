import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import { parseIndex } from '../../oci/parse-manifest.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import { RegistryDestination } from '../../registry/registry-destination.ts';
import { RegistrySource } from '../../registry/registry-source.ts';
import type { Repository } from '../../registry/repository-types.ts';
import { isIndex } from '../../transport/children.ts';
import { documentOf, rooted } from '../../transport/chosen-source.ts';
import { copy } from '../../transport/copy.ts';

/** Whatever is said of an image, and of what is said of it. */
const MOST = 1000;
/** Tags under which cosign keeps what it has to say of a digest. */
const SUFFIXES = ['sig', 'att', 'sbom'] as const;

/**
 * Copies what refers to an image, or to the images of an index, from one repository to another:
 * signatures, attestations, bills of material; and what refers to those. The tags of cosign count
 * too. Throws InvalidInputError when there is no end of them.
 */
export async function copyReferrers(
  from: Repository,
  to: Repository,
  root: Descriptor,
  call: CallOptions,
): Promise<void> {
  const source = new RegistrySource(from);
  const children = isIndex(root)
    ? parseIndex(await documentOf(source, root, call), root.mediaType).manifests
    : [];
  const seen = new Set<Digest>([root, ...children].map(({ digest }) => digest));
  // A set gives out what is added to it while it is walked through.
  for (const subject of seen) {
    for (const { mediaType, digest, size } of await from.referrers(subject, call)) {
      if (seen.has(digest)) continue;
      if (seen.size >= MOST) {
        throw new InvalidInputError(`${from.label} has more than ${MOST} referrers of one image`);
      }
      seen.add(digest);
      const node = { mediaType, digest, size };
      await copy(rooted(source, node), new RegistryDestination(to), call);
    }
    for (const suffix of SUFFIXES) await copyTag(from, to, cosignTag(subject, suffix), call);
  }
}

function cosignTag(digest: Digest, suffix: string): string {
  return `${digest.replace(':', '-')}.${suffix}`;
}

async function copyTag(
  from: Repository,
  to: Repository,
  tag: string,
  call: CallOptions,
): Promise<void> {
  const manifest = await from.getManifest(tag, call).catch((error: unknown) => {
    if (error instanceof RemoteNotFoundError) return undefined;
    throw error;
  });
  if (!manifest) return;
  await copy(
    new RegistrySource(from, manifest),
    new RegistryDestination(to, { tags: [tag] }),
    call,
  );
}
