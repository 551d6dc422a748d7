import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { once } from '../base/bytes.ts';
import { InvalidInputError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { isAttestation, REFERENCE_DIGEST } from '../image/attestation.ts';
import { type MediaFamily, mediaTypeIn } from '../image/media-forms.ts';
import { compressed } from '../layer/compression.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf } from '../oci/digest.ts';
import type { Index, Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { verified } from '../oci/verified.ts';
import { encodeManifest } from '../oci/write-json.ts';
import { writeAll } from '../sys/write-all.ts';
import { documentOf } from './chosen-source.ts';
import { isParent } from './children.ts';
import { directoryFiles } from './image-files.ts';
import type { Source } from './transport.ts';

/** What becomes of an image on its way. */
export interface Conversion {
  /** Whose media types its documents have. Without it they stay. */
  readonly family?: MediaFamily | undefined;
  /** Where plain layers are compressed to. Without it they stay. */
  readonly pack?: string | undefined;
  /** Which children of an index there are; it is written without the others. */
  readonly select?: ((child: Descriptor) => boolean) | undefined;
}

/**
 * The same image with other documents: its digest changes, configs and the content of layers do
 * not. Throws InvalidInputError for what the family has no words for.
 */
export async function convertedSource(
  source: Source,
  conversion: Conversion,
  call: CallOptions = {},
): Promise<Source> {
  const made = new Map<Digest, Buffer>();
  const packed = new Map<Digest, Promise<Descriptor>>();
  const root = await source.root(call);

  /** What says the same as before stays as it is, byte for byte. */
  const keep = (
    document: Manifest | Index,
    mediaType: string,
    before: Manifest | Index,
    node: Descriptor,
  ): Descriptor => {
    const bytes = encodeManifest(document);
    const same = encodeManifest({ ...before, mediaType: before.mediaType ?? node.mediaType });
    if (same.equals(bytes)) return node;
    const digest = digestOf(bytes);
    made.set(digest, bytes);
    return { mediaType, digest, size: bytes.length };
  };

  const turned = async (
    node: Descriptor,
    about: ReadonlyMap<Digest, Descriptor>,
  ): Promise<Descriptor> => {
    if (!isParent(node)) return node;
    const parsed = parseManifestOrIndex(await documentOf(source, node, call), node.mediaType);
    const result =
      parsed.kind === 'index'
        ? await turnedIndex(parsed.index, node)
        : await turnedManifest(parsed.manifest, node, about);
    const { mediaType, digest, size } = result;
    return { ...node, mediaType, digest, size };
  };

  const typeOf = (own: string | undefined, node: Descriptor): string =>
    conversion.family === undefined
      ? (own ?? node.mediaType)
      : mediaTypeIn(conversion.family, own ?? node.mediaType);

  const turnedIndex = async (index: Index, node: Descriptor): Promise<Descriptor> => {
    const now = new Map<Digest, Descriptor>();
    const here = index.manifests.filter(conversion.select ?? (() => true));
    const images = here.filter((entry) => !isAttestation(entry));
    for (const entry of images) now.set(entry.digest, await turned(entry, now));
    // What is said of an image names it by its digest.
    for (const entry of here.filter(isAttestation)) {
      const found = now.get(entry.annotations?.[REFERENCE_DIGEST] as Digest);
      const annotations = found && { ...entry.annotations, [REFERENCE_DIGEST]: found.digest };
      const next = await turned(entry, now);
      now.set(entry.digest, { ...next, ...(annotations && { annotations }) });
    }
    const mediaType = typeOf(index.mediaType, node);
    const manifests = here.map((entry) => now.get(entry.digest) ?? entry);
    return keep({ ...index, mediaType, manifests }, mediaType, index, node);
  };

  const turnedManifest = async (
    manifest: Manifest,
    node: Descriptor,
    about: ReadonlyMap<Digest, Descriptor>,
  ): Promise<Descriptor> => {
    const { family } = conversion;
    const layers: Descriptor[] = [];
    for (const layer of manifest.layers) layers.push(await turnedLayer(layer));
    const subject = manifest.subject && about.get(manifest.subject.digest);
    const isClaim = manifest.subject !== undefined || isAttestation(node);
    const now: Manifest = {
      ...manifest,
      layers,
      ...(subject && {
        subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      }),
    };
    // Claims have a form of their own, whoever uses them.
    if (family === undefined || isClaim) {
      const mediaType = manifest.mediaType ?? node.mediaType;
      return keep({ ...now, mediaType }, mediaType, manifest, node);
    }
    const zstd = layers.find(({ mediaType }) => mediaType === MediaType.ociLayerZstd);
    if (family === 'docker' && zstd) {
      throw new InvalidInputError(`Docker's format has no type for the zstd layer ${zstd.digest}`, {
        hint: 'Leave --format out, or take --format oci.',
      });
    }
    const typed = (one: Descriptor): Descriptor => ({
      ...one,
      mediaType: mediaTypeIn(family, one.mediaType),
    });
    const { annotations, ...rest } = now;
    const mediaType = typeOf(manifest.mediaType, node);
    const next: Manifest = {
      ...rest,
      mediaType,
      config: typed(now.config),
      layers: layers.map(typed),
      // Docker's format has none.
      ...(family === 'oci' && annotations && { annotations }),
    };
    return keep(next, mediaType, manifest, node);
  };

  const turnedLayer = (layer: Descriptor): Promise<Descriptor> => {
    const { pack } = conversion;
    const isPlain =
      layer.mediaType === MediaType.ociLayer || layer.mediaType === MediaType.dockerLayer;
    if (pack === undefined || !isPlain) return Promise.resolve(layer);
    let known = packed.get(layer.digest);
    if (!known) packed.set(layer.digest, (known = packLayer(source, layer, pack, call)));
    return known;
  };

  const now = await turned(root, new Map());
  const scratch = conversion.pack === undefined ? undefined : directoryFiles(conversion.pack, '');
  return {
    label: source.label,
    ...(source.place && { place: source.place }),
    root: () => Promise.resolve(now),
    async fetch(node, options) {
      const document = made.get(node.digest);
      if (document) return once(document);
      if (scratch?.size(fileName(node.digest)) !== undefined) {
        return scratch.open(fileName(node.digest));
      }
      return source.fetch(node, options);
    },
  };
}

/** Compresses a layer into a file that is called by its new digest. */
async function packLayer(
  source: Source,
  layer: Descriptor,
  directory: string,
  call: CallOptions,
): Promise<Descriptor> {
  const { createHash } = process.getBuiltinModule('node:crypto');
  const { renameSync } = process.getBuiltinModule('node:fs');
  const hash = createHash('sha256');
  let size = 0;
  const path = join(directory, `pack-${fileName(layer.digest)}`);
  const fd = openSync(path, 'wx', 0o600);
  try {
    const plain = verified(await source.fetch(layer, call), layer, source.label);
    for await (const chunk of compressed(plain, 'gzip')) {
      call.signal?.throwIfAborted();
      hash.update(chunk);
      size += chunk.length;
      writeAll(fd, chunk);
    }
  } finally {
    closeSync(fd);
  }
  const digest = `sha256:${hash.digest('hex')}` as Digest;
  renameSync(path, join(directory, fileName(digest)));
  const isDocker = layer.mediaType === MediaType.dockerLayer;
  return {
    ...layer,
    mediaType: isDocker ? MediaType.dockerLayerGzip : MediaType.ociLayerGzip,
    digest,
    size,
  };
}

function fileName(digest: Digest): string {
  return digest.replace(':', '-');
}
