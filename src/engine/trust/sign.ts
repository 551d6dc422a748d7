import type { KeyObject } from 'node:crypto';
import { createPublicKey } from 'node:crypto';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf } from '../../oci/digest.ts';
import { parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import { parseReference, repositoryName, withDefaultTag } from '../../oci/reference.ts';
import type { Connections } from '../../registry/connection.ts';
import { putReferrer } from '../../registry/referrers.ts';
import { openRepository, type Repository } from '../../registry/repository.ts';
import { BUNDLE, SIGN_PREDICATE, signBundle } from '../../trust/bundle.ts';
import { readPrivateKey } from '../../trust/key-file.ts';
import { base64Bytes, holds } from '../../trust/signature.ts';
import { SIGNATURE_ANNOTATION, signSimple, SIMPLE_SIGNING } from '../../trust/simple-signing.ts';
import type { Signed, SignRequest } from '../trust-types.ts';
import { signatureTag } from './signatures.ts';
import { addToList } from './tagged-list.ts';

/**
 * Signs what a name points at in its registry. Throws TrustConfigError, RemoteNotFoundError,
 * RegistryAccessError, RegistryError, NetError.
 */
export async function signRemote(
  connections: Connections,
  request: SignRequest,
  now: Date,
  call: CallOptions,
): Promise<readonly Signed[]> {
  const { name, key: file, referrer = false, recursive = false, annotations = {} } = request;
  if (referrer && request.identity !== undefined) {
    throw new InvalidInputError('a bundle names a digest alone: it cannot be for another name');
  }
  const key = await readPrivateKey(file.pem, file.name, request.password);
  const reference = withDefaultTag(parseReference(name));
  const repository = openRepository(connections, reference, { push: true });
  const root = await repository.getManifest(undefined, call);
  const document = parseManifestOrIndex(root.bytes, root.descriptor.mediaType);
  const below = recursive && document.kind === 'index' ? document.index.manifests : [];
  // As cosign writes it; what reads it takes both for Docker Hub.
  const own = repositoryName(reference).replace(/^docker\.io\//, 'index.docker.io/');
  const identity = request.identity ?? own;
  const signed: Signed[] = [];
  for (const node of [root.descriptor, ...below]) {
    signed.push(
      referrer
        ? await refer(repository, node, annotations, key, now, call)
        : await attach(repository, { digest: node.digest, identity, annotations }, key, call),
    );
  }
  return signed;
}

async function refer(
  repository: Repository,
  node: Descriptor,
  annotations: Readonly<Record<string, string>>,
  key: KeyObject,
  now: Date,
  call: CallOptions,
): Promise<Signed> {
  const bytes = signBundle(node.digest, annotations, key);
  const content = {
    artifactType: BUNDLE,
    layers: [{ mediaType: BUNDLE, bytes }],
    annotations: {
      'dev.sigstore.bundle.content': 'dsse-envelope',
      'dev.sigstore.bundle.predicateType': SIGN_PREDICATE,
      'org.opencontainers.image.created': now.toISOString(),
    },
  };
  const { digest } = await putReferrer(repository, node, content, call);
  return { digest: node.digest, place: `${repository.label}@${digest}`, isNew: true };
}

/** Adds a signature to those under cosign's tag, and looks whether somebody has written over it. */
async function attach(
  repository: Repository,
  what: Parameters<typeof signSimple>[0],
  key: KeyObject,
  call: CallOptions,
): Promise<Signed> {
  const { payload, signature } = signSimple(what, key);
  const tag = signatureTag(what.digest);
  const done = { digest: what.digest, place: `${repository.label}:${tag}` };
  const layer: Descriptor = {
    mediaType: SIMPLE_SIGNING,
    digest: digestOf(payload),
    size: payload.length,
    annotations: { [SIGNATURE_ANNOTATION]: signature },
  };
  const publicKey = createPublicKey(key);
  const isOurs = ({ digest, annotations = {} }: Descriptor): boolean => {
    const bytes = base64Bytes(annotations[SIGNATURE_ANNOTATION] ?? '');
    return digest === layer.digest && bytes !== undefined && holds(payload, bytes, publicKey);
  };
  const isNew = await addToList(repository, tag, { layer, bytes: payload, has: isOurs }, call);
  return { ...done, isNew };
}
