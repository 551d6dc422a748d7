import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import { encodeManifest } from '../oci/write-json.ts';

/** A claim about an image, such as how it was built: one layer of its attestation manifest. */
export interface Attestation {
  /** A URI that says what kind of claim it is. */
  readonly predicateType: string;
  /** The whole in-toto statement, encoded. */
  readonly statement: Buffer;
}

const ARTIFACT_TYPE = 'application/vnd.docker.attestation.manifest.v1+json';

/** Says in an index that a manifest is about another one. */
export const REFERENCE_TYPE = 'vnd.docker.reference.type';
/** Says which. */
export const REFERENCE_DIGEST = 'vnd.docker.reference.digest';

/**
 * The manifest that carries what is claimed of `about`, with its entry for the index: of an
 * unknown platform, so that nobody takes it for an image. As an artifact it has no config but
 * names its subject.
 *
 * @see https://github.com/moby/buildkit/blob/master/docs/attestations/attestation-storage.md
 */
export function attestationManifest(
  about: Descriptor,
  attestations: readonly Attestation[],
  { artifact }: { readonly artifact: boolean },
): { readonly entry: Descriptor; readonly documents: ReadonlyMap<Digest, Buffer> } {
  const documents = new Map<Digest, Buffer>();
  const keep = (bytes: Buffer): { digest: Digest; size: number } => {
    const digest = digestOf(bytes);
    documents.set(digest, bytes);
    return { digest, size: bytes.length };
  };
  const layers = attestations.map(({ predicateType, statement }) => ({
    mediaType: MediaType.inToto,
    ...keep(statement),
    annotations: { 'in-toto.io/predicate-type': predicateType },
  }));
  const config = artifact
    ? { mediaType: MediaType.ociEmpty, ...keep(Buffer.from('{}')) }
    : { mediaType: MediaType.ociConfig, ...keep(configOf(layers)) };
  const { mediaType, digest, size } = about;
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    ...(artifact && { artifactType: ARTIFACT_TYPE }),
    config,
    layers,
    ...(artifact && { subject: { mediaType, digest, size } }),
  };
  const entry: Descriptor = {
    mediaType: MediaType.ociManifest,
    ...keep(encodeManifest(manifest)),
    platform: { os: 'unknown', architecture: 'unknown' },
    annotations: { [REFERENCE_TYPE]: 'attestation-manifest', [REFERENCE_DIGEST]: about.digest },
    ...(artifact && { artifactType: ARTIFACT_TYPE }),
  };
  return { entry, documents };
}

/** The config that old readers expect: its layers are the statements. */
function configOf(layers: readonly Descriptor[]): Buffer {
  return Buffer.from(
    JSON.stringify({
      architecture: 'unknown',
      os: 'unknown',
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ digest }) => digest) },
    }),
  );
}

/** True for an entry of an index that is about another one, or of no platform: no image. */
export function isAttestation({ annotations, platform }: Descriptor): boolean {
  const isAbout = annotations !== undefined && Object.hasOwn(annotations, REFERENCE_TYPE);
  return isAbout || platform?.os === 'unknown';
}
