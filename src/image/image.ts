import type { Descriptor } from '../oci/descriptor.ts';
import { digestOf, type Digest, type DiffId } from '../oci/digest.ts';
import type { ContainerConfig, History, ImageConfig } from '../oci/image-config.ts';
import type { Manifest } from '../oci/manifest.ts';
import { MediaType } from '../oci/media-types.ts';
import type { Platform } from '../oci/platform.ts';
import { encodeConfig, encodeManifest } from '../oci/write-json.ts';

/** A document of an image: its value, its bytes, and the descriptor that points at them. */
export interface Document<T> {
  readonly value: T;
  readonly bytes: Buffer;
  readonly descriptor: Descriptor;
}

/** What one instruction adds to an image: a line of history, and a layer unless it changed no file. */
export interface Step {
  readonly history: History;
  readonly layer?: DiffId;
}

/** Keys that tell how one particular image was built, hence nothing of an image made from it. */
const OF_ONE_BUILD: ReadonlySet<string> = new Set([
  'id',
  'parent',
  'container',
  'container_config',
  'docker_version',
  'throwaway',
  'moby.buildkit.buildinfo.v1',
  'moby.buildkit.cache.v0',
]);

/** A config without layers and history: what `FROM scratch` begins with. */
export function emptyConfig(platform: Platform): ImageConfig {
  return {
    architecture: platform.architecture,
    os: platform.os,
    ...(platform.variant !== undefined && { variant: platform.variant }),
    config: {},
    rootfs: { type: 'layers', diff_ids: [] },
    history: [],
  };
}

/** The config after one more step. It takes over the time of the step. */
export function appendStep(config: ImageConfig, { history, layer }: Step): ImageConfig {
  const diffIds = config.rootfs.diff_ids;
  const line: History = layer === undefined ? { ...history, empty_layer: true } : history;
  return {
    ...config,
    ...(history.created !== undefined && { created: history.created }),
    rootfs: { type: 'layers', diff_ids: layer === undefined ? diffIds : [...diffIds, layer] },
    history: [...(config.history ?? []), line],
  };
}

/** What {@link makeConfig} changes in a config besides its defaults for containers. */
export interface ConfigOptions {
  /** RFC 3339; absent leaves the time as it is. */
  readonly created?: string;
  readonly author?: string;
}

/** Finishes the config of an image that was made from another one, and encodes it. */
export function makeConfig(
  from: ImageConfig,
  container: ContainerConfig,
  { created, author }: ConfigOptions = {},
): Document<ImageConfig> {
  const entries = Object.entries(from).filter(([key]) => !OF_ONE_BUILD.has(key));
  const value = {
    ...(Object.fromEntries(entries) as unknown as ImageConfig),
    ...(created !== undefined && { created }),
    ...(author !== undefined && { author }),
    config: container,
  };
  return document(value, encodeConfig(value), MediaType.ociConfig);
}

/** The image that another one was built on, for the annotations that say so. */
export interface BaseImage {
  /** Canonical name: `docker.io/library/debian:12`. */
  readonly name?: string;
  /** Digest of its manifest. */
  readonly digest: Digest;
}

/** What a manifest says besides config and layers. */
export interface ManifestOptions {
  readonly base?: BaseImage | undefined;
  readonly annotations?: Readonly<Record<string, string>>;
}

/**
 * An OCI manifest over a config and layers, bottom first.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/annotations.md#pre-defined-annotation-keys
 */
export function makeManifest(
  config: Descriptor,
  layers: readonly Descriptor[],
  { base, annotations = {} }: ManifestOptions = {},
): Document<Manifest> {
  const all = {
    ...(base && { 'org.opencontainers.image.base.digest': base.digest }),
    ...(base?.name !== undefined && { 'org.opencontainers.image.base.name': base.name }),
    ...annotations,
  };
  const value: Manifest = {
    schemaVersion: 2,
    mediaType: MediaType.ociManifest,
    config,
    layers,
    ...(Object.keys(all).length > 0 && { annotations: all }),
  };
  return document(value, encodeManifest(value), MediaType.ociManifest);
}

/** The descriptor of a layer as its plain tar of `size` bytes. The digest is the diff ID then. */
export function plainLayer(diffId: DiffId, size: number): Descriptor {
  return { mediaType: MediaType.ociLayer, digest: diffId as string as Digest, size };
}

function document<T>(value: T, bytes: Buffer, mediaType: string): Document<T> {
  return { value, bytes, descriptor: { mediaType, digest: digestOf(bytes), size: bytes.length } };
}
