import { shownName } from '../layer/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import { type ArchiveImage, parseArchiveManifest } from '../oci/parse-archive.ts';
import { parseConfig } from '../oci/parse-config.ts';
import type { ArchiveMembers } from './archive-members.ts';
import {
  type ArchivedImage,
  canonicalRepoTag,
  heldParts,
  type LayerPart,
  layerParts,
  madeImage,
} from './archived-image.ts';
import { InvalidArchiveError } from './errors.ts';
import { type LayoutManifest, layoutManifests } from './oci-layout-source.ts';

/**
 * The images that `manifest.json` lists, or undefined without one. Where the archive is an
 * OCI layout too and has a manifest of the same config and layers, that one is kept, so that
 * its digest survives; else a manifest is made.
 */
export function dockerArchiveImages(members: ArchiveMembers): readonly ArchivedImage[] | undefined {
  const data = members.document('manifest.json');
  if (!data) return undefined;
  const manifests = new Map<Digest, LayoutManifest[]>();
  for (const one of layoutManifests(members)) {
    const { digest } = one.manifest.config;
    manifests.set(digest, [...(manifests.get(digest) ?? []), one]);
  }
  return merged(parseArchiveManifest(data)).map((image) =>
    archivedImage(members, image, manifests),
  );
}

/** One image under all the names that it is listed with. */
function merged(images: readonly ArchiveImage[]): readonly ArchiveImage[] {
  const found = new Map<string, ArchiveImage>();
  for (const image of images) {
    const key = JSON.stringify([image.config, image.layers]);
    const before = found.get(key)?.repoTags ?? [];
    found.set(key, { ...image, repoTags: [...before, ...image.repoTags] });
  }
  return [...found.values()];
}

function archivedImage(
  members: ArchiveMembers,
  image: ArchiveImage,
  manifests: ReadonlyMap<Digest, readonly LayoutManifest[]>,
): ArchivedImage {
  const data = members.document(image.config);
  if (!data) {
    throw new InvalidArchiveError(
      `the image config ${shownName(Buffer.from(image.config))} is not in the archive`,
    );
  }
  const named = /(?:^|\/)([0-9a-f]{64})(?:\.json)?$/.exec(image.config)?.[1];
  const id = members.once(`sum ${image.config}`, () => digestOf(data));
  if (named !== undefined && id !== `sha256:${named}`) {
    throw new InvalidArchiveError(`the image config called ${named} is ${id}`, {
      hint: 'The archive was damaged or changed; nothing of it was kept.',
    });
  }
  // Refuses early what is no config at all.
  members.once(`config ${id}`, () => void parseConfig(data));
  const names = image.repoTags.map(canonicalRepoTag);
  const layers = layerParts(members, image.layers, names);
  const config = { mediaType: MediaType.ociConfig, digest: id, size: data.length };
  const own = manifests.get(id)?.find((one) => describes(one.manifest, config, layers));
  if (!own) return madeImage({ config, data, layers, names });
  const root = own.descriptor;
  return { root, names, held: heldParts(own.data, root.digest, data, id, layers) };
}

/** Same config, same layers. Throws InvalidArchiveError for sizes that are not true. */
function describes(manifest: Manifest, config: Descriptor, layers: readonly LayerPart[]): boolean {
  const parts = [config, ...layers.map((layer) => layer.descriptor)];
  const claims = [manifest.config, ...manifest.layers];
  if (parts.length !== claims.length) return false;
  if (!parts.every((part, at) => part.digest === claims[at]?.digest)) return false;
  const wrong = claims.find((claim, at) => claim.size !== parts[at]?.size);
  if (!wrong) return true;
  throw new InvalidArchiveError(
    `${wrong.digest} of the archive does not have the ${wrong.size} bytes it is said to have`,
  );
}
