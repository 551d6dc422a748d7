import { collect } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { type Digest, encoded } from '../../oci/digest.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import type { Manifest } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseManifest } from '../../oci/parse-manifest.ts';
import { verified } from '../../oci/verified.ts';
import { RemoteNotFoundError } from '../../registry/errors.ts';
import type { RemoteManifest } from '../../registry/manifests.ts';
import type { Repository } from '../../registry/repository.ts';
import { BUNDLE_LIMIT, isBundle, SIGN_PREDICATE, verifyBundle } from '../../trust/bundle.ts';
import { SignatureError } from '../../trust/errors.ts';
import { COSE, JWS, NOTATION, verifyNotation } from '../../trust/notation.ts';
import { ENVELOPE_LIMIT } from '../../trust/envelope.ts';
import type { Claim } from '../../trust/signature.ts';
import {
  PAYLOAD_LIMIT,
  SIGNATURE_ANNOTATION,
  SIMPLE_SIGNING,
  verifySimple,
} from '../../trust/simple-signing.ts';
import type { Anchors } from './anchors.ts';

/** The most signatures of one image that are looked at; the newest of them. */
export const SIGNATURE_LIMIT = 100;

/** A signature that was found; what it says is read and checked when asked for. */
export interface Found {
  /** Throws SignatureError. */
  readonly claim: () => Promise<Claim>;
}

/** The tag under which cosign keeps the signatures of a digest. */
export function signatureTag(digest: Digest): string {
  const [algorithm = ''] = digest.split(':');
  return `${algorithm}-${encoded(digest)}.sig`;
}

/** Artifact types of referrers that may be signatures. In lists made by tags cosign's have a wrong one. */
const OLD_COSIGN = 'application/vnd.dev.cosign.artifact.sig.v1+json';

/**
 * The signatures of a digest in all the places where they are kept, newest first, no more than
 * {@link SIGNATURE_LIMIT}. Forms that no anchor fits are left out. Throws what the repository throws.
 */
export async function* signaturesOf(
  repository: Repository,
  digest: Digest,
  anchors: Anchors,
  now: Date,
  call: CallOptions,
): AsyncGenerator<Found, void> {
  let left = SIGNATURE_LIMIT;
  const read = { repository, digest, anchors, now, call };
  if (anchors.keys.length > 0) {
    const manifest = await manifestUnder(repository, signatureTag(digest), call);
    const found = manifest ? signaturesIn(manifest, read) : [];
    yield* found.slice(0, left);
    left -= found.length;
  }
  const referrers = await repository.referrers(digest, call);
  for (const entry of referrers.filter((one) => maySign(one, anchors)).toReversed()) {
    if (left <= 0) return;
    left -= 1;
    if (entry.size > DOCUMENT_LIMIT) continue;
    const manifest = await manifestUnder(repository, entry.digest, call);
    const found = manifest ? signaturesIn(manifest, read) : [];
    yield* found.slice(0, left + 1);
    left -= Math.max(0, found.length - 1);
  }
}

function maySign({ artifactType, annotations = {} }: Descriptor, anchors: Anchors): boolean {
  if (artifactType === NOTATION) return anchors.certificates.length > 0;
  const predicate = annotations['dev.sigstore.bundle.predicateType'] ?? SIGN_PREDICATE;
  const isKind =
    artifactType === undefined ||
    artifactType === MediaType.ociEmpty ||
    artifactType === OLD_COSIGN ||
    isBundle(artifactType);
  return anchors.keys.length > 0 && isKind && predicate === SIGN_PREDICATE;
}

async function manifestUnder(
  repository: Repository,
  tag: string,
  call: CallOptions,
): Promise<Manifest | undefined> {
  let manifest: RemoteManifest;
  try {
    manifest = await repository.getManifest(tag, call);
  } catch (error) {
    if (error instanceof RemoteNotFoundError) return undefined;
    throw error;
  }
  try {
    return parseManifest(manifest.bytes, manifest.descriptor.mediaType);
  } catch (error) {
    // An index where a signature should be says nothing about the image.
    if (error instanceof InvalidInputError) return undefined;
    throw error;
  }
}

interface Reading {
  readonly repository: Repository;
  readonly digest: Digest;
  readonly anchors: Anchors;
  readonly now: Date;
  readonly call: CallOptions;
}

/** The signatures that a manifest holds, newest first. */
function signaturesIn(manifest: Manifest, reading: Reading): readonly Found[] {
  const { digest, anchors, now } = reading;
  const { artifactType = manifest.config.mediaType, annotations = {} } = manifest;
  const predicate = annotations['dev.sigstore.bundle.predicateType'] ?? SIGN_PREDICATE;
  const claimOf = (layer: Descriptor): Found['claim'] | undefined => {
    const { mediaType } = layer;
    if (anchors.keys.length > 0 && mediaType === SIMPLE_SIGNING) {
      const signature = layer.annotations?.[SIGNATURE_ANNOTATION] ?? '';
      return async () =>
        verifySimple(await read(layer, PAYLOAD_LIMIT, reading), signature, anchors.keys);
    }
    if (anchors.keys.length > 0 && isBundle(mediaType) && predicate === SIGN_PREDICATE) {
      return async () =>
        verifyBundle(await read(layer, BUNDLE_LIMIT, reading), digest, anchors.keys);
    }
    const isEnvelope = mediaType === JWS || mediaType === COSE || artifactType === NOTATION;
    if (anchors.certificates.length === 0 || !isEnvelope) return undefined;
    return async () => {
      const data = await read(layer, ENVELOPE_LIMIT, reading);
      return verifyNotation(data, mediaType, anchors.certificates, now);
    };
  };
  return manifest.layers.toReversed().flatMap((layer) => {
    const claim = claimOf(layer);
    return claim ? [{ claim }] : [];
  });
}

async function read(
  node: Descriptor,
  limit: number,
  { repository, call }: Reading,
): Promise<Buffer> {
  if (node.size > limit) throw new SignatureError(`it is larger than ${limit} bytes`);
  return collect(verified(repository.getBlob(node, call), node, repository.label), limit);
}
