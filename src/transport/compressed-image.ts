import type { CallOptions } from '../base/progress.ts';
import { inFamily, type MediaFamily } from '../image/media-forms.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest } from '../oci/digest.ts';
import { MediaType } from '../oci/media-types.ts';
import { diffIdsOf, parseConfig } from '../oci/parse-config.ts';
import { parseManifest } from '../oci/parse-manifest.ts';
import { encodeManifest } from '../oci/write-json.ts';
import type { ImageRow } from '../store/tables.ts';
import { compressedLayers, type CompressParts, type LayerForm } from './compressed-layers.ts';
import { storeSource } from './store-source.ts';
import type { Source } from './transport.ts';

/** In what form an image leaves the store. */
export interface ImageForm extends LayerForm {
  /** Without it: as the manifest is, where nothing has to be changed; else OCI's. */
  readonly family?: MediaFamily | undefined;
}

/** What registries get: OCI, gzip. */
export const PUSHED: ImageForm = { compression: 'gzip' };

/**
 * An image of the store with a manifest over compressed layers, for a push: `copy` it from
 * `source`, whose root is that manifest. Layers that came compressed stay as they came, so an
 * image that was pulled or loaded whole keeps its manifest, byte for byte; else a second
 * manifest is written beside the stored one. It and the blobs belong to the image from then
 * on, and the next push finds them.
 *
 * Throws LayerMissingError, BlobNotFoundError.
 */
export async function compressedImage(
  parts: CompressParts,
  image: ImageRow,
  form: ImageForm = PUSHED,
  call: CallOptions = {},
): Promise<{ readonly manifest: Descriptor; readonly source: Source }> {
  const { store, snapshotter, lease } = parts;
  lease.hold('image', image.id);
  const from = (manifest: Descriptor): { manifest: Descriptor; source: Source } => ({
    manifest,
    source: storeSource(store, snapshotter, { ...image, manifest }, image.id),
  });
  const own = parseManifest(store.blobs.readSync(image.manifest.digest), image.manifest.mediaType);
  const diffIds = diffIdsOf(parseConfig(store.blobs.readSync(image.id)));
  const stays = own.layers.map((layer) => form.force !== true && isKeptPacked(parts, layer));
  const made = await compressedLayers(
    parts,
    diffIds.filter((_, at) => !stays[at]),
    form,
    call,
  );
  const rest = made[Symbol.iterator]();
  const layers = own.layers.map((layer, at) =>
    stays[at] ? layer : { ...layer, ...(rest.next().value as Descriptor) },
  );
  const isSame = layers.every((layer, at) => layer.digest === own.layers[at]?.digest);
  const type = own.mediaType ?? image.manifest.mediaType;
  const wanted = form.family === undefined ? type : inFamily(own, form.family).mediaType;
  if (isSame && wanted === type) return from(image.manifest);
  const manifest = inFamily({ ...own, layers }, form.family ?? 'oci');
  const bytes = encodeManifest(manifest);
  const digest = digestOf(bytes);
  lease.hold('blob', digest);
  store.blobs.putSync(bytes);
  const owned: Digest[] = [digest];
  for (const layer of layers) if (layer.mediaType !== MediaType.ociLayer) owned.push(layer.digest);
  if (form.level === undefined) {
    store.note(({ images, blobs }) => {
      if (!images.get(image.id)) return;
      for (const blob of owned) if (blobs.has(blob)) blobs.link(image.id, blob);
    });
  }
  const mediaType = manifest.mediaType ?? MediaType.ociManifest;
  return from({ mediaType, digest, size: bytes.length });
}

/** True for a layer whose blob lies in the store as it came, compressed. */
function isKeptPacked({ store, lease }: CompressParts, layer: Descriptor): boolean {
  if (!/[+.](?:gzip|zstd)$/.test(layer.mediaType)) return false;
  lease.hold('blob', layer.digest);
  return store.read(({ blobs }) => blobs.has(layer.digest));
}
