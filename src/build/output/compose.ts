import { once } from '../../base/bytes.ts';
import type { CallOptions } from '../../base/progress.ts';
import { attestationManifest, type Attestation } from '../../image/attestation.ts';
import { inFamily, mediaTypeIn, type MediaFamily } from '../../image/media-forms.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { digestOf, type Digest } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import type { Index, Manifest } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { matchesPlatform, type Platform } from '../../oci/platform.ts';
import { encodeConfig, encodeManifest } from '../../oci/write-json.ts';
import {
  compressedLayers,
  type CompressParts,
  type LayerForm,
} from '../../transport/compressed-layers.ts';
import { storeSource } from '../../transport/store-source.ts';
import type { ImageSteps } from '../../store/tables.ts';
import type { Source } from '../../transport/transport.ts';
import type { Solved } from '../solver-parts.ts';
import type { AnnotationPlace, ImageOutputOptions } from './spec.ts';

/** An image that was built for one platform. */
export interface BuiltImage {
  /** As it was asked for. */
  readonly platform: Platform;
  readonly config: ImageConfig;
  readonly solved: Solved;
  /** For the annotations that name the base image. */
  readonly base: { readonly name: string; readonly digest: string } | undefined;
  /** The lines of the Dockerfile that made it. */
  readonly steps: ImageSteps;
}

/** One image of a result, with the manifest that it has in it. */
export interface ComposedImage {
  readonly image: BuiltImage;
  /** The image ID. */
  readonly id: Digest;
  /** With its platform where it is an entry of an index. */
  readonly manifest: Descriptor;
  /** Blobs of its layers in this form, bottom first. */
  readonly layers: readonly Descriptor[];
}

/** A result in one form: its documents are at hand, its layers in the store. */
export interface Composed {
  /** A manifest, or an index of several. */
  readonly root: Descriptor;
  readonly isIndex: boolean;
  /** Of the entry that an archive has for the root. */
  readonly annotations: Readonly<Record<string, string>> | undefined;
  readonly images: readonly ComposedImage[];
  readonly documents: ReadonlyMap<Digest, Buffer>;
  /** Manifests that refer to those of the images, and are no part of the result. */
  readonly referrers: readonly Descriptor[];
}

/** How {@link compose} writes a result. */
export interface ComposeOptions extends ImageOutputOptions {
  /** Where the output's own options say nothing. */
  readonly defaultCompression: LayerForm['compression'];
  /** An index even for one platform. */
  readonly asIndex: boolean;
  /** What is claimed is not in an index, but refers to the image. */
  readonly referrers?: boolean;
  /** What is claimed of each image, by its manifest. Makes an index of any result. */
  readonly attest?: (image: BuiltImage, manifest: Descriptor) => readonly Attestation[];
}

/**
 * Writes the documents of a result in one form: for each image its manifest over layers in
 * that form, and an index where there are several or where something is claimed of them. The
 * same images and options give the same bytes.
 */
export async function compose(
  images: readonly BuiltImage[],
  options: ComposeOptions,
  parts: CompressParts,
  call: CallOptions,
): Promise<Composed> {
  const documents = new Map<Digest, Buffer>();
  const composed: ComposedImage[] = [];
  for (const image of images) composed.push(await one(image, options, parts, documents, call));
  const [first] = composed;
  if (!first) throw new TypeError('a build has one image at least');
  const about = composed.flatMap(({ image, manifest }) => {
    const claims = options.attest?.(image, manifest) ?? [];
    if (claims.length === 0) return [];
    const artifact = options.ociArtifact === true || options.referrers === true;
    const made = attestationManifest(manifest, claims, { artifact });
    for (const [digest, bytes] of made.documents) documents.set(digest, bytes);
    return [made.entry];
  });
  const [inside, referrers] = options.referrers === true ? [[], about] : [about, []];
  if (images.length === 1 && !options.asIndex && inside.length === 0) {
    return {
      root: first.manifest,
      isIndex: false,
      annotations: annotationsFor('manifest-descriptor', first.image.platform, options),
      images: composed,
      documents,
      referrers,
    };
  }
  const entries = composed.map(({ image, manifest }) => ({
    ...manifest,
    platform: image.platform,
    ...annotated(annotationsFor('manifest-descriptor', image.platform, options)),
  }));
  const indexAnnotations = annotationsFor('index', undefined, options);
  const family = indexAnnotations || options.attest ? 'oci' : familyOf(options);
  const mediaType = mediaTypeIn(family, MediaType.ociIndex);
  const index: Index = {
    schemaVersion: 2,
    mediaType,
    manifests: [...entries, ...inside],
    ...annotated(indexAnnotations),
  };
  const bytes = encodeManifest(index);
  const digest = digestOf(bytes);
  documents.set(digest, bytes);
  return {
    root: { mediaType, digest, size: bytes.length },
    isIndex: true,
    annotations: annotationsFor('index-descriptor', undefined, options),
    images: composed.map((one, at) => ({ ...one, manifest: entries[at] ?? one.manifest })),
    documents,
    referrers,
  };
}

async function one(
  image: BuiltImage,
  options: ComposeOptions,
  parts: CompressParts,
  documents: Map<Digest, Buffer>,
  call: CallOptions,
): Promise<ComposedImage> {
  const layers = await compressedLayers(
    parts,
    image.solved.layers,
    {
      compression: options.compression ?? options.defaultCompression,
      level: options.compressionLevel,
      force: options.forceCompression === true,
    },
    call,
  );
  const config = encodeConfig(image.config);
  const id = digestOf(config);
  documents.set(id, config);
  const own = annotationsFor('manifest', image.platform, options);
  const family = own || options.attest ? 'oci' : familyOf(options);
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config: { mediaType: MediaType.ociConfig, digest: id, size: config.length },
    layers,
    // Docker's manifests have no room for them.
    ...annotated(family === 'oci' ? { ...baseAnnotations(image), ...own } : undefined),
  };
  const typed = inFamily(manifest, family);
  const bytes = encodeManifest(typed);
  const digest = digestOf(bytes);
  documents.set(digest, bytes);
  const mediaType = typed.mediaType ?? MediaType.ociManifest;
  return { image, id, manifest: { mediaType, digest, size: bytes.length }, layers: typed.layers };
}

function familyOf({ ociMediaTypes }: ImageOutputOptions): MediaFamily {
  return ociMediaTypes === false ? 'docker' : 'oci';
}

function baseAnnotations({ base }: BuiltImage): Record<string, string> {
  if (!base) return {};
  return {
    'org.opencontainers.image.base.digest': base.digest,
    'org.opencontainers.image.base.name': base.name,
  };
}

function annotated(annotations: Readonly<Record<string, string>> | undefined): {
  annotations?: Readonly<Record<string, string>>;
} {
  return annotations && Object.keys(annotations).length > 0 ? { annotations } : {};
}

function annotationsFor(
  place: AnnotationPlace,
  platform: Platform | undefined,
  { annotations = [] }: ImageOutputOptions,
): Record<string, string> | undefined {
  const found = annotations.filter(
    (one) =>
      one.place === place &&
      (one.platform === undefined ||
        (platform !== undefined && matchesPlatform(one.platform, platform))),
  );
  if (found.length === 0) return undefined;
  return Object.fromEntries(found.map(({ key, value }) => [key, value]));
}

/** A composed result as something to copy from. */
export function composedSource(
  { root, documents }: Composed,
  { store, snapshotter, supply }: CompressParts,
): Source {
  const stored = storeSource(store, snapshotter, { manifest: root }, 'the build');
  return {
    label: stored.label,
    root: () => Promise.resolve(root),
    fetch(node, call) {
      const document = documents.get(node.digest);
      if (document) return Promise.resolve(once(document));
      const isHere = store.read(({ blobs }) => blobs.has(node.digest));
      const offer = isHere ? undefined : supply?.offeredBlob(node.digest);
      if (!supply || !offer) return stored.fetch(node, call);
      return Promise.resolve(supply.open(...offer, call ?? {}));
    },
  };
}
