import type { CallOptions } from '../../base/progress.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import {
  familiar,
  parseReference,
  type Reference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import type { Store } from '../../store/store.ts';
import type { ImageRow } from '../../store/tables.ts';
import { UntrustedError } from '../../trust/errors.ts';
import type { TrustAnchor } from '../trust-types.ts';
import { anchorsOf } from './anchors.ts';
import { countingSignatures } from './demand.ts';

/**
 * Whether a signature counts of what an image was pulled or pushed as, under the repository of a
 * name. Throws UntrustedError, also for an image that was neither.
 */
export async function verifyStored(
  parts: { readonly store: Store; readonly connections: () => Promise<Connections> },
  { id, name }: { readonly id: Digest; readonly name: string },
  files: readonly TrustAnchor[],
  call: CallOptions,
): Promise<void> {
  const { store } = parts;
  const anchors = anchorsOf(files);
  const row = store.read(({ images }) => images.get(id));
  const image = /^(?:sha256:)?[0-9a-f]{64}$/.test(name)
    ? undefined
    : withDefaultTag(parseReference(name));
  const named = row && image ? digestsOf(store, id, image) : [];
  if (!row || !image || named.length === 0) {
    throw new UntrustedError(`${name} is not trusted: no registry is known to have it`, false, {
      hint: "Signatures are about images in registries: 'stave push' it and sign it there.",
    });
  }
  const repository = openRepository(await parts.connections(), image);
  const digests = [row.manifest.digest];
  for (const digest of named.filter((one) => one !== row.manifest.digest)) {
    if (await means(repository, digest, row, call)) digests.push(digest);
  }
  const demand = { anchors, image, identity: { type: 'matchName' } } as const;
  const now = store.clock.now();
  await countingSignatures(repository, familiar(image), digests, demand, now, call);
}

/** What the image is called by digest in the repository. */
function digestsOf(store: Store, id: Digest, image: Reference): readonly Digest[] {
  const prefix = `${repositoryName(image)}@`;
  return store
    .read(({ images }) => images.names(id))
    .filter((row) => row.name.startsWith(prefix))
    .map((row) => row.name.slice(prefix.length))
    .filter(isDigest);
}

/**
 * Whether what a registry has under a digest is this image: a manifest with its config, which
 * names its layers, or an index with its manifest. A name in the store alone is no proof.
 */
async function means(
  repository: Repository,
  digest: Digest,
  image: ImageRow,
  call: CallOptions,
): Promise<boolean> {
  try {
    const { bytes, descriptor } = await repository.getManifest(digest, call);
    const document = parseManifestOrIndex(bytes, descriptor.mediaType);
    if (document.kind === 'manifest') return document.manifest.config.digest === image.id;
    return document.index.manifests.some((entry) => entry.digest === image.manifest.digest);
  } catch (error) {
    if (error instanceof RemoteNotFoundError) return false;
    throw error;
  }
}
