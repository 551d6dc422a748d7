import type { CallOptions } from '../../base/progress.ts';
import { type Digest, isDigest } from '../../oci/digest.ts';
import { parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import {
  familiar,
  formatReference,
  parseReference,
  repositoryName,
  withDefaultTag,
} from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import type { Store } from '../../store/store.ts';
import { UntrustedError } from '../../trust/errors.ts';
import type { SignedIdentity } from '../../trust/identity.ts';
import { findImage } from '../images/find.ts';
import type { TrustAnchor, Verified, VerifyRequest } from '../trust-types.ts';
import { anchorsOf } from './anchors.ts';
import { countingSignatures } from './demand.ts';

/** Every signature that counts of what a name points at in its registry. Throws UntrustedError. */
export async function verifyRemote(
  connections: Connections,
  request: VerifyRequest,
  now: Date,
  call: CallOptions,
): Promise<Verified> {
  const anchors = anchorsOf(request.anchors);
  const image = withDefaultTag(parseReference(request.name));
  const identity: SignedIdentity = { type: 'matchName' };
  const repository = openRepository(connections, image);
  const { digest } = await repository.resolve(undefined, call);
  const demand = {
    anchors,
    image: request.identity === undefined ? image : parseReference(request.identity),
    identity,
    isNamed: request.identity !== undefined,
    all: true,
    ...(request.annotations && { annotations: request.annotations }),
  };
  const claims = await countingSignatures(repository, familiar(image), [digest], demand, now, call);
  const { tag: _, ...bare } = image;
  return {
    name: formatReference({ ...bare, digest }),
    digest,
    signatures: claims.map(({ digest: __, ...claim }) => claim),
  };
}

/**
 * Whether a signature counts of what a name of the store was pulled as. Throws UntrustedError, also
 * for an image that did not come from the registry of its name.
 */
export async function verifyStored(
  parts: { readonly store: Store; readonly connections: () => Promise<Connections> },
  name: string,
  files: readonly TrustAnchor[],
  call: CallOptions,
): Promise<void> {
  const { store } = parts;
  const anchors = anchorsOf(files);
  const found = findImage(store, name);
  const isName = !isDigest(name) && store.read(({ images }) => images.names(found.id).length > 0);
  const image = isName ? withDefaultTag(parseReference(name)) : undefined;
  const prefix = image ? `${repositoryName(image)}@` : '';
  const named = store
    .read(({ images }) => images.names(found.id))
    .filter((row) => image !== undefined && row.name.startsWith(prefix))
    .map((row) => row.name.slice(prefix.length))
    .filter(isDigest);
  if (!image || named.length === 0) {
    throw new UntrustedError(`${name} is not trusted: it was not pulled by that name`, false, {
      hint: "Signatures are about images in registries: 'stave push' it and sign it there.",
    });
  }
  const repository = openRepository(await parts.connections(), image);
  const own = found.manifest.digest;
  const digests = [own];
  // A name in the store is no proof: an index must list the manifest that is here.
  for (const digest of named.filter((one) => one !== own)) {
    if (await lists(repository, digest, own, call)) digests.push(digest);
  }
  const demand = { anchors, image, identity: { type: 'matchName' } } as const;
  const now = store.clock.now();
  await countingSignatures(repository, familiar(image), digests, demand, now, call);
}

/** Whether an index of the registry has a manifest among its entries. */
async function lists(
  repository: Repository,
  index: Digest,
  manifest: Digest,
  call: CallOptions,
): Promise<boolean> {
  try {
    const { bytes, descriptor } = await repository.getManifest(index, call);
    const document = parseManifestOrIndex(bytes, descriptor.mediaType);
    const entries = document.kind === 'index' ? document.index.manifests : [];
    return entries.some(({ digest }) => digest === manifest);
  } catch (error) {
    if (error instanceof RemoteNotFoundError) return false;
    throw error;
  }
}
