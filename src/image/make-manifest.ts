import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest, type DiffId } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import { encodeManifest } from '../oci/write-json.ts';

/** A layer as it lies in the store: its plain tar has this digest and `size` bytes. */
export interface PlainLayer {
  readonly diffId: DiffId;
  readonly size: number;
}

/** What a manifest says besides config and layers. */
export interface ManifestOptions {
  /** The image that this one was built on; its annotations say so. */
  readonly base?: { readonly name: string; readonly digest: string } | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * The manifest of an image that was made here: OCI, over uncompressed layers, bottom first.
 * The same arguments give the same bytes.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
export function makeManifest(
  config: { readonly digest: Digest; readonly size: number },
  layers: readonly PlainLayer[],
  { base, annotations }: ManifestOptions = {},
): { readonly manifest: Manifest; readonly bytes: Buffer; readonly descriptor: Descriptor } {
  const all = {
    ...(base && {
      'org.opencontainers.image.base.digest': base.digest,
      'org.opencontainers.image.base.name': base.name,
    }),
    ...annotations,
  };
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: config.digest, size: config.size },
    layers: layers.map(({ diffId, size }) => ({
      mediaType: MediaType.ociLayer,
      digest: diffId as string as Digest,
      size,
    })),
    ...(Object.keys(all).length > 0 && { annotations: all }),
  };
  const bytes = encodeManifest(manifest);
  const descriptor = {
    mediaType: MediaType.ociManifest,
    digest: digestOf(bytes),
    size: bytes.length,
  };
  return { manifest, bytes, descriptor };
}
