import type { Descriptor } from '../oci/descriptor.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';

/** Whose media types a manifest uses. */
export type MediaFamily = 'oci' | 'docker';

const PAIRS: readonly (readonly [oci: string, docker: string])[] = [
  [MediaType.ociManifest, MediaType.dockerManifest],
  [MediaType.ociIndex, MediaType.dockerIndex],
  [MediaType.ociConfig, MediaType.dockerConfig],
  [MediaType.ociLayer, MediaType.dockerLayer],
  [MediaType.ociLayerGzip, MediaType.dockerLayerGzip],
];
const TO_OCI: ReadonlyMap<string, string> = new Map(PAIRS.map(([oci, docker]) => [docker, oci]));
const TO_DOCKER: ReadonlyMap<string, string> = new Map(PAIRS);

/** The media type of the same thing in a family; itself where the family has none. */
export function mediaTypeIn(family: MediaFamily, mediaType: string): string {
  return (family === 'oci' ? TO_OCI : TO_DOCKER).get(mediaType) ?? mediaType;
}

/**
 * The manifest in the media types of a family. Docker has none for zstd, and no annotations:
 * with either it stays OCI's.
 */
export function inFamily(manifest: Manifest, family: MediaFamily): Manifest {
  const isBeyondDocker =
    manifest.annotations !== undefined ||
    manifest.layers.some(({ mediaType }) => mediaType === MediaType.ociLayerZstd);
  const used = isBeyondDocker ? 'oci' : family;
  const turned = (node: Descriptor): Descriptor => ({
    ...node,
    mediaType: mediaTypeIn(used, node.mediaType),
  });
  return {
    ...manifest,
    mediaType: mediaTypeIn(used, manifest.mediaType ?? MediaType.ociManifest),
    config: turned(manifest.config),
    layers: manifest.layers.map(turned),
  };
}
