import { collect } from '../../base/bytes.ts';
import { InvalidInputError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import type { Descriptor } from '../../oci/descriptor.ts';
import { Fields, parseJson } from '../../oci/json.ts';
import { DESCRIPTOR_COUNT_LIMIT, DOCUMENT_LIMIT } from '../../oci/limits.ts';
import { MediaType } from '../../oci/media-types.ts';
import { diffIdsOf, parseConfig } from '../../oci/parse-config.ts';
import { parseDescriptor } from '../../oci/parse-manifest.ts';
import { matchesPlatform, type Platform } from '../../oci/platform.ts';
import { verified } from '../../oci/verified.ts';
import {
  CACHE_DOCUMENT_LIMIT,
  CacheMedia,
  cacheOf,
  INLINE_KEY,
  parseCache,
  type CacheDocument,
} from './document.ts';
import type { CacheSource } from './remote.ts';

/** Of BuildKit's cache manifests, and the member of an image config with its inline cache. */
const BUILDKIT_CONFIG = 'application/vnd.buildkit.cacheconfig.v0';
const BUILDKIT_INLINE = 'moby.buildkit.cache.v0';
const DEPTH_LIMIT = 3;

/**
 * Reads what a source holds: a cache by itself, or an image that carries its own, for the
 * given platform. Only documents are fetched. Throws InvalidInputError, also when it is no
 * cache of ours, and what the source throws.
 */
export async function readCache(
  source: CacheSource,
  platform: Platform,
  call: CallOptions,
): Promise<CacheDocument> {
  let node = await source.root(call);
  for (let depth = 0; depth < DEPTH_LIMIT; depth += 1) {
    const { config, layers, manifests } = manifestOf(await fetched(source, node, call));
    const own = [config, ...manifests].find((one) => one?.mediaType === CacheMedia.document);
    if (own) return parseCache(await fetched(source, own, call, CACHE_DOCUMENT_LIMIT));
    if ([config, ...manifests].some((one) => one?.mediaType === BUILDKIT_CONFIG)) {
      throw foreign('it was written by BuildKit, whose keys are other ones');
    }
    if (config) return inline(await fetched(source, config, call), layers);
    const part = manifests.find(({ artifactType }) => artifactType === CacheMedia.document);
    const child =
      part ??
      manifests.find(
        (one) =>
          [MediaType.ociManifest as string, MediaType.dockerManifest].includes(one.mediaType) &&
          one.platform !== undefined &&
          matchesPlatform(platform, one.platform),
      );
    if (!child) throw foreign('it holds nothing for this platform');
    node = child;
  }
  throw foreign('its indexes are nested too deep');
}

/** A document, checked against its descriptor. */
async function fetched(
  source: CacheSource,
  node: Descriptor,
  call: CallOptions,
  limit = DOCUMENT_LIMIT,
): Promise<Buffer> {
  if (node.size > limit) throw new InvalidInputError(`${node.digest} has ${node.size} bytes`);
  return collect(verified(await source.fetch(node, call), node, source.label), limit);
}

/** The parts of a manifest or an index. A cache may have more layers than an image. */
function manifestOf(data: Buffer): {
  readonly config: Descriptor | undefined;
  readonly layers: readonly Descriptor[];
  readonly manifests: readonly Descriptor[];
} {
  const fields = new Fields(parseJson(data, DOCUMENT_LIMIT, 'the manifest'), 'the manifest');
  fields.integer('schemaVersion', 2, 2);
  const list = (key: string): Descriptor[] =>
    (fields.optionalList(key, DESCRIPTOR_COUNT_LIMIT) ?? []).map((one) =>
      parseDescriptor(one, `an entry of "${key}"`),
    );
  const config = fields.optionalFields('config');
  return {
    config: config && parseDescriptor(config.json, 'the config descriptor'),
    layers: list('layers'),
    manifests: list('manifests'),
  };
}

/** The cache in an image's config: its layers are those of the image. */
function inline(data: Buffer, layers: readonly Descriptor[]): CacheDocument {
  const config = parseConfig(data);
  if (!Object.hasOwn(config, INLINE_KEY)) {
    throw foreign(
      Object.hasOwn(config, BUILDKIT_INLINE)
        ? 'the image carries a cache of BuildKit, whose keys are other ones'
        : 'the image carries no cache',
    );
  }
  const diffIds = diffIdsOf(config);
  if (diffIds.length !== layers.length) throw foreign('its manifest and its config disagree');
  const blobs = new Map(diffIds.map((diffId, at) => [diffId, layers[at]]));
  const document = cacheOf(config[INLINE_KEY]);
  return {
    ...document,
    layers: document.layers.map(({ diffId }) => {
      const blob = blobs.get(diffId);
      return { diffId, ...(blob && { blob }) };
    }),
  };
}

function foreign(why: string): InvalidInputError {
  return new InvalidInputError(why);
}
