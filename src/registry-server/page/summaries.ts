import { collect } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import { isAttestation } from '../../image/attestation.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import type { Digest } from '../../oci/digest.ts';
import type { ImageConfig } from '../../oci/image-config.ts';
import { DOCUMENT_LIMIT } from '../../oci/limits.ts';
import type { Index, Manifest } from '../../oci/manifest.ts';
import { MediaType } from '../../oci/media-types.ts';
import { parseConfig } from '../../oci/parse-config.ts';
import { type ManifestOrIndex, parseManifestOrIndex } from '../../oci/parse-manifest.ts';
import { formatPlatform, type Platform } from '../../oci/platform.ts';
import { BoundedMap } from '../access/bounded-map.ts';
import type { RegistryStorage, StoredManifest } from '../storage.ts';
import type { ImageKind } from './api-types.ts';

const KEPT = 1000;
/** What needs more than so many blobs is looked at anew each time. */
const KEPT_BLOBS = 200;
/** Entries of an index that are looked at. */
export const CHILD_LIMIT = 200;
const TAR = /\.tar\b/;
const CONFIGS: readonly string[] = [MediaType.ociConfig, MediaType.dockerConfig];

/** What lists need to know of a manifest. */
export interface Summary {
  readonly digest: Digest;
  readonly kind: ImageKind;
  readonly artifactType?: string | undefined;
  readonly platforms: readonly string[];
  readonly created?: string | undefined;
  /** The blobs that an image needs, its own manifest included, with their sizes. */
  readonly blobs: readonly (readonly [Digest, number])[];
  /** Of an index: those of its entries that are here. */
  readonly children: readonly Summary[];
}

/** Reads manifests, and remembers for lists what was in them. */
export class Summaries {
  readonly storage: RegistryStorage;
  readonly #known = new BoundedMap<Summary>(KEPT);

  constructor(storage: RegistryStorage) {
    this.storage = storage;
  }

  /** Of a manifest that the repository has; undefined when it is gone by now. */
  async of(
    repository: string,
    { digest, size }: StoredManifest,
    depth = 0,
  ): Promise<Summary | undefined> {
    const known = this.#known.get(digest);
    if (known) return known;
    const read = await this.read(repository, digest);
    if (read === undefined) return undefined;
    const own = [digest, size] as const;
    const summary =
      read === 'other'
        ? { digest, kind: 'artifact' as const, platforms: [], blobs: [own], children: [] }
        : read.kind === 'index'
          ? await this.#ofIndex(repository, own, read.index, depth)
          : await this.#ofManifest(repository, own, read.manifest);
    if (blobCount(summary) <= KEPT_BLOBS) this.#known.set(digest, summary);
    return summary;
  }

  /** The document of a manifest; `other` for what is neither image nor index. */
  async read(repository: string, digest: Digest): Promise<ManifestOrIndex | 'other' | undefined> {
    const body = await this.storage.manifestBody(repository, digest);
    if (!body) return undefined;
    try {
      return parseManifestOrIndex(body);
    } catch (error) {
      if (error instanceof InvalidInputError) return 'other';
      throw error;
    }
  }

  /** The config of an image; undefined when it cannot be had or read. */
  async config(repository: string, manifest: Manifest): Promise<ImageConfig | undefined> {
    const { digest, mediaType, size } = manifest.config;
    if (!CONFIGS.includes(mediaType) || size > DOCUMENT_LIMIT) return undefined;
    const blob = await this.storage.openBlob(repository, digest);
    if (!blob) return undefined;
    try {
      if (blob.size > DOCUMENT_LIMIT) return undefined;
      return parseConfig(await collect(blob.read(0, blob.size), DOCUMENT_LIMIT));
    } catch (error) {
      if (error instanceof InvalidInputError) return undefined;
      throw error;
    } finally {
      blob.close();
    }
  }

  async #ofManifest(
    repository: string,
    own: readonly [Digest, number],
    manifest: Manifest,
  ): Promise<Summary> {
    const kind = kindOf(manifest);
    const config = kind === 'image' ? await this.config(repository, manifest) : undefined;
    const platform = config && platformText(config);
    const blobs = new Map([
      own,
      ...[manifest.config, ...manifest.layers].map(({ digest, size }) => [digest, size] as const),
    ]);
    return {
      digest: own[0],
      kind,
      artifactType: artifactTypeOf(manifest),
      platforms: platform === undefined ? [] : [platform],
      created: config?.created,
      blobs: [...blobs],
      children: [],
    };
  }

  async #ofIndex(
    repository: string,
    own: readonly [Digest, number],
    index: Index,
    depth: number,
  ): Promise<Summary> {
    const children: Summary[] = [];
    const platforms = new Set<string>();
    for (const entry of depth > 1 ? [] : index.manifests.slice(0, CHILD_LIMIT)) {
      const stored = await this.storage.manifest(repository, entry.digest);
      const child = stored && (await this.of(repository, stored, depth + 1));
      if (child) children.push(child);
      if (isAttestation(entry)) continue;
      const text = entry.platform && platformText(entry.platform);
      for (const one of text === undefined ? (child?.platforms ?? []) : [text]) platforms.add(one);
    }
    return {
      digest: own[0],
      kind: 'index',
      artifactType: index.artifactType,
      platforms: [...platforms],
      created: children.find(({ created }) => created !== undefined)?.created,
      blobs: [own],
      children,
    };
  }
}

/**
 * What a manifest is for: an image has a config that containers can be made of. Attestations and
 * signatures may have one too, for old readers' sake, but no layer that could be unpacked.
 */
export function kindOf(manifest: Manifest): ImageKind {
  const { layers, config, artifactType = '' } = manifest;
  if (!CONFIGS.includes(config.mediaType) || artifactType !== '') return 'artifact';
  const isPlain = layers.length === 0 || layers.some(({ mediaType }) => TAR.test(mediaType));
  return isPlain ? 'image' : 'artifact';
}

/** What kind of artifact a manifest is; undefined for images. */
export function artifactTypeOf(manifest: Manifest): string | undefined {
  if (kindOf(manifest) === 'image') return undefined;
  const { layers, config, artifactType = '' } = manifest;
  if (artifactType !== '') return artifactType;
  const isOwn = !CONFIGS.includes(config.mediaType);
  return isOwn ? config.mediaType : layers[0]?.mediaType;
}

/** `linux/arm64`; undefined for what is for no platform. */
export function platformText(
  platform: Pick<Platform, 'os' | 'architecture' | 'variant'>,
): string | undefined {
  const { os, architecture } = platform;
  if (os === 'unknown' || architecture === 'unknown' || os === '' || architecture === '') {
    return undefined;
  }
  return formatPlatform(platform);
}

/** All blobs that a manifest leads to, each once. */
export function allBlobs(summary: Summary): ReadonlyMap<Digest, number> {
  const all = new Map(summary.blobs);
  for (const child of summary.children) {
    for (const [digest, size] of allBlobs(child)) all.set(digest, size);
  }
  return all;
}

/** Bytes of all that a manifest needs, each blob once. */
export function wholeSize(summary: Summary): number {
  let size = 0;
  for (const one of allBlobs(summary).values()) size += one;
  return size;
}

/** The image manifests that a manifest leads to: itself, or those of an index. */
export function imagesOf(summary: Summary): readonly Summary[] {
  return summary.kind === 'index' ? summary.children.flatMap(imagesOf) : [summary];
}

function blobCount({ blobs, children }: Summary): number {
  return children.reduce((count, child) => count + blobCount(child), blobs.length);
}

/** The descriptors of an index that are about one of its entries. */
export function aboutEntry(index: Index, digest: Digest, key: string): readonly Descriptor[] {
  return index.manifests
    .filter((entry) => isAttestation(entry) && entry.annotations?.[key] === digest)
    .slice(0, CHILD_LIMIT);
}
