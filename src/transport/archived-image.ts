import { sniff } from '../layer/compression.ts';
import { shownName } from '../layer/errors.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import { InvalidReferenceError } from '../oci/errors.ts';
import { MediaType } from '../oci/media-types.ts';
import { canonicalName, familiar, parseReference } from '../oci/reference.ts';
import { encodeManifest } from '../oci/write-json.ts';
import type { Member } from './archive-members.ts';
import { InvalidArchiveError } from './errors.ts';

/** An image that an archive holds, whole. */
export interface ArchivedImage {
  /** Its manifest: the archive's own, or one made of what the archive says. */
  readonly root: Descriptor;
  /** The parts that were held: manifest, config, small layers. The others went to the intake. */
  readonly held: ReadonlyMap<Digest, Uint8Array>;
  /** Canonical. */
  readonly names: readonly string[];
  /** Tags of nobody knows what: an OCI layout need not say a repository. */
  readonly tags?: readonly string[];
}

/** A layer of the archive as a manifest refers to it, with its bytes if they were held. */
export interface LayerPart {
  readonly descriptor: Descriptor;
  readonly data?: Uint8Array;
}

/** Where layers are looked for: in an archive, and what it leaves out in the store. */
export interface LayerPlace {
  layer(name: string): Member | undefined;
  /** True for an archive that says that it leaves out layers. */
  readonly isDelta: boolean;
}

/**
 * The layers of an image by the names that the archive has for them. `names` are the image's
 * own (canonical), for advice. Throws InvalidArchiveError when one is missing or no layer.
 */
export function layerParts(
  place: LayerPlace,
  layers: readonly string[],
  names: readonly string[],
): LayerPart[] {
  const found = layers.map((name) => place.layer(name));
  const missing = [...new Set(layers.filter((_, at) => !found[at]))];
  if (missing.length > 0) throw missingLayers(missing, place.isDelta, names);
  return layers.map((name, at) => layerPart(name, found[at]!));
}

const SHOWN_LAYERS = 3;

function missingLayers(
  layers: readonly string[],
  isDelta: boolean,
  names: readonly string[],
): InvalidArchiveError {
  const text = (name: string): string =>
    isDelta ? name.replace('blobs/sha256/', 'sha256:') : shownName(Buffer.from(name));
  const first = layers.slice(0, SHOWN_LAYERS).map(text).join(', ');
  const more = layers.length - SHOWN_LAYERS;
  const which = more > 0 ? `${first} and ${more} more` : first;
  const one = layers.length === 1;
  if (!isDelta) {
    return new InvalidArchiveError(
      one ? `the layer ${which} is not in the archive` : `layers are not in the archive: ${which}`,
    );
  }
  const shownNames = names.map((name) => familiar(parseReference(name))).join(' ');
  const what = one ? 'a layer that is' : `${layers.length} layers that are`;
  return new InvalidArchiveError(`the archive leaves out ${what} not here: ${which}`, {
    hint: `Where it was made, make a full one: stave save -o FILE ${shownNames || 'IMAGE'}`,
  });
}

function layerPart(name: string, member: Member): LayerPart {
  const shown = shownName(Buffer.from(name));
  if (member.kind === 'other') {
    throw new InvalidArchiveError(`the layer ${shown} is ${member.what}`);
  }
  if (member.kind === 'layer') return { descriptor: member.layer.blob };
  if (member.kind === 'known') return { descriptor: member.blob };
  const { data } = member;
  const digest = digestOf(data);
  return { descriptor: { mediaType: mediaTypeOf(data), digest, size: data.length }, data };
}

/** Held layers are plain, gzip or zstd: others are converted as they arrive. */
function mediaTypeOf(data: Uint8Array): string {
  const format = sniff(data);
  if (format === 'none') return MediaType.ociLayer;
  return format === 'zstd' ? MediaType.ociLayerZstd : MediaType.ociLayerGzip;
}

/** An image whose archive has no manifest of its own: the manifest is made of its parts. */
export function madeImage(parts: {
  readonly config: Descriptor;
  readonly data: Uint8Array;
  readonly layers: readonly LayerPart[];
  readonly names: readonly string[];
}): ArchivedImage {
  const manifest = encodeManifest({
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: parts.config,
    layers: parts.layers.map((layer) => layer.descriptor),
  });
  const digest = digestOf(manifest);
  return {
    root: { mediaType: MediaType.ociManifest, digest, size: manifest.length },
    names: parts.names,
    held: heldParts(manifest, digest, parts.data, parts.config.digest, parts.layers),
  };
}

/** What {@link ArchivedImage.held} is made of. */
export function heldParts(
  manifest: Uint8Array,
  root: Digest,
  config: Uint8Array,
  id: Digest,
  layers: readonly LayerPart[],
): ReadonlyMap<Digest, Uint8Array> {
  const held = new Map<Digest, Uint8Array>([
    [root, manifest],
    [id, config],
  ]);
  for (const { descriptor, data } of layers) if (data) held.set(descriptor.digest, data);
  return held;
}

/** A name that the archive gives an image, in canonical form. Throws InvalidArchiveError for what is none. */
export function canonicalRepoTag(text: string): string {
  try {
    return canonicalName(parseReference(text));
  } catch (error) {
    if (!(error instanceof InvalidReferenceError)) throw error;
    throw new InvalidArchiveError(
      `the archive calls an image ${shownName(Buffer.from(text))}: ${error.message}`,
      { cause: error },
    );
  }
}
