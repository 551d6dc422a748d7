import type { Descriptor } from '../oci/descriptor.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseManifestOrIndex } from '../oci/parse-manifest.ts';

const PARENTS: readonly string[] = [
  MediaType.ociManifest,
  MediaType.ociIndex,
  MediaType.dockerManifest,
  MediaType.dockerIndex,
];

const CONFIGS: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];
/** Layers that whoever made them does not want to be handed on. */
const FOREIGN: readonly string[] = [
  MediaType.ociForeign,
  MediaType.ociForeignGzip,
  MediaType.ociForeignZstd,
  MediaType.dockerForeign,
  MediaType.dockerForeignGzip,
];
const LAYERS: readonly string[] = [
  ...FOREIGN,
  MediaType.ociLayer,
  MediaType.ociLayerGzip,
  MediaType.ociLayerZstd,
  MediaType.dockerLayer,
  MediaType.dockerLayerGzip,
  MediaType.dockerLayerZstd,
];

/** True for image configs. */
export function isConfig(node: Descriptor): boolean {
  return CONFIGS.includes(node.mediaType);
}

/** True for the parts of attestations: statements about an image, and the config of an artifact. */
export function isClaim(node: Descriptor): boolean {
  return node.mediaType === MediaType.inToto || node.mediaType === MediaType.ociEmpty;
}

/** True for layers of a kind that can be unpacked here. */
export function isLayer(node: Descriptor): boolean {
  return LAYERS.includes(node.mediaType);
}

/** True for layers that are not sent to registries unless somebody asks for it. */
export function isForeign(node: Descriptor): boolean {
  return FOREIGN.includes(node.mediaType);
}

/** True for indexes. */
export function isIndex({ mediaType }: Descriptor): boolean {
  return mediaType === MediaType.ociIndex || mediaType === MediaType.dockerIndex;
}

/** True for manifests and indexes: nodes that point at others. */
export function isParent(node: Descriptor): boolean {
  return PARENTS.includes(node.mediaType);
}

/**
 * What a manifest or an index points at: the config and then the layers from the bottom, or
 * the manifests. Throws InvalidInputError when `body` is not what `node` says.
 */
export function childrenOf(node: Descriptor, body: Uint8Array): readonly Descriptor[] {
  const document = parseManifestOrIndex(body, node.mediaType);
  if (document.kind === 'index') return document.index.manifests;
  return [document.manifest.config, ...document.manifest.layers];
}
