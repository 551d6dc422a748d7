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
const LAYERS: readonly string[] = [
  MediaType.ociLayer,
  MediaType.ociLayerGzip,
  MediaType.ociLayerZstd,
  MediaType.dockerLayer,
  MediaType.dockerLayerGzip,
  MediaType.dockerLayerZstd,
];
/** Layers that may be had, but not passed on; the specification gave them up. */
const FOREIGN =
  /^application\/vnd\.(?:oci\.image\.layer\.nondistributable\.v1\.tar(?:\+gzip|\+zstd)?|docker\.image\.rootfs\.foreign\.diff\.tar(?:\.gzip)?)$/;

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
  return LAYERS.includes(node.mediaType) || FOREIGN.test(node.mediaType);
}

/** True for layers that others have to fetch from where they are: they are not pushed. */
export function isForeign({ mediaType, urls = [] }: Descriptor): boolean {
  return FOREIGN.test(mediaType) && urls.length > 0;
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
