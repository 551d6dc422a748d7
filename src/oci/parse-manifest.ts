import { InvalidInputError } from '../base/errors.ts';
import type { Descriptor } from './descriptor.ts';
import { isDigest } from './digest.ts';
import { Fields, parseJson } from './json.ts';
import {
  BLOB_LIMIT,
  DESCRIPTOR_COUNT_LIMIT,
  DOCUMENT_LIMIT,
  LAYER_COUNT_LIMIT,
  URL_COUNT_LIMIT,
} from './limits.ts';
import type { Index, Manifest } from './manifest.ts';
import { MediaType } from './media-types.ts';
import type { Platform } from './platform.ts';

const MANIFEST_TYPES: readonly string[] = [MediaType.ociManifest, MediaType.dockerManifest];
const INDEX_TYPES: readonly string[] = [MediaType.ociIndex, MediaType.dockerIndex];

/** Media types are short words; nothing longer is kept or shown. */
const MEDIA_TYPE =
  /^[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}\/[A-Za-z0-9][A-Za-z0-9!#$&^_.+-]{0,126}$/;

/** What a document under a manifest's or an index's media type turned out to be. */
export type ManifestOrIndex =
  | { readonly kind: 'manifest'; readonly manifest: Manifest }
  | { readonly kind: 'index'; readonly index: Index };

/**
 * Reads an image manifest or an index, of OCI or of Docker, whichever it is. What it is
 * follows from the document alone, never from a header; one that could be read as both is
 * refused (CVE-2021-41190). `claimed` is the media type under which it was found, if any, and
 * must not contradict it. Throws InvalidInputError.
 *
 * @see https://github.com/opencontainers/image-spec/blob/v1.1.1/manifest.md#image-manifest-property-descriptions
 */
export function parseManifestOrIndex(data: Uint8Array, claimed?: string): ManifestOrIndex {
  const fields = new Fields(parseJson(data, DOCUMENT_LIMIT, 'the manifest'), 'the manifest');
  fields.integer('schemaVersion', 2, 2);
  const mediaType = fields.optionalText('mediaType');
  const kind = kindOf(fields, mediaType);
  if (claimed !== undefined && mediaType !== undefined && claimed !== mediaType) {
    throw new InvalidInputError(
      `the manifest says it is ${shown(mediaType)}, not ${shown(claimed)}`,
    );
  }
  if (
    claimed !== undefined &&
    (kind === 'index' ? MANIFEST_TYPES : INDEX_TYPES).includes(claimed)
  ) {
    throw new InvalidInputError(`the manifest is an ${kind}, not ${shown(claimed)}`);
  }
  return kind === 'index' ? { kind, index: index(fields) } : { kind, manifest: manifest(fields) };
}

/** Reads an image manifest. Throws InvalidInputError, also for an index. */
export function parseManifest(data: Uint8Array, claimed?: string): Manifest {
  const document = parseManifestOrIndex(data, claimed);
  if (document.kind === 'manifest') return document.manifest;
  throw new InvalidInputError('an index is where an image manifest was expected');
}

/** Reads an index. Throws InvalidInputError, also for an image manifest. */
export function parseIndex(data: Uint8Array, claimed?: string): Index {
  const document = parseManifestOrIndex(data, claimed);
  if (document.kind === 'index') return document.index;
  throw new InvalidInputError('an image manifest is where an index was expected');
}

/** Checks one descriptor. `what` names it in messages. Throws InvalidInputError. */
export function parseDescriptor(value: unknown, what: string): Descriptor {
  const fields = new Fields(value, what);
  const mediaType = fields.text('mediaType');
  if (!MEDIA_TYPE.test(mediaType)) {
    throw new InvalidInputError(`"mediaType" of ${what} is not a media type`);
  }
  const digest = fields.text('digest');
  if (!isDigest(digest)) throw new InvalidInputError(`"digest" of ${what} is not a digest`);
  const platform = fields.optionalFields('platform');
  const annotations = fields.optionalTextMap('annotations');
  const artifactType = fields.optionalText('artifactType');
  const urls = fields.optionalTexts('urls', URL_COUNT_LIMIT);
  const data = fields.optionalText('data');
  return {
    mediaType,
    digest,
    size: fields.integer('size', 0, BLOB_LIMIT),
    ...(platform && { platform: platformOf(platform) }),
    ...(annotations && { annotations }),
    ...(artifactType !== undefined && { artifactType }),
    ...(urls && { urls }),
    ...(data !== undefined && { data }),
  };
}

function kindOf(fields: Fields, mediaType: string | undefined): 'manifest' | 'index' {
  const looks = {
    manifest: fields.has('config') || fields.has('layers'),
    index: fields.has('manifests'),
  };
  if (looks.manifest && looks.index) {
    throw new InvalidInputError('the manifest is an image manifest and an index at once');
  }
  if (mediaType === undefined) {
    if (looks.index) return 'index';
    if (looks.manifest) return 'manifest';
    throw new InvalidInputError('the manifest is neither an image manifest nor an index');
  }
  if (MANIFEST_TYPES.includes(mediaType) && !looks.index) return 'manifest';
  if (INDEX_TYPES.includes(mediaType) && !looks.manifest) return 'index';
  throw new InvalidInputError(`the manifest is not what its media type says: ${shown(mediaType)}`);
}

function manifest(fields: Fields): Manifest {
  const config = parseDescriptor(fields.fields('config').json, 'the config descriptor');
  if (config.size > DOCUMENT_LIMIT) {
    throw new InvalidInputError(`the image config is larger than ${DOCUMENT_LIMIT} bytes`);
  }
  const layers = fields
    .list('layers', LAYER_COUNT_LIMIT)
    .map((layer, at) => parseDescriptor(layer, `layer ${at + 1}`));
  return { schemaVersion: 2, ...common(fields), config, layers };
}

function index(fields: Fields): Index {
  const manifests = fields
    .list('manifests', DESCRIPTOR_COUNT_LIMIT)
    .map((entry, at) => parseDescriptor(entry, `entry ${at + 1} of the index`));
  return { schemaVersion: 2, ...common(fields), manifests };
}

function common(fields: Fields): Partial<Omit<Manifest, 'schemaVersion' | 'config' | 'layers'>> {
  const mediaType = fields.optionalText('mediaType');
  const artifactType = fields.optionalText('artifactType');
  const subject = fields.optionalFields('subject');
  const annotations = fields.optionalTextMap('annotations');
  return {
    ...(mediaType !== undefined && { mediaType }),
    ...(artifactType !== undefined && { artifactType }),
    ...(subject && { subject: parseDescriptor(subject.json, 'the subject') }),
    ...(annotations && { annotations }),
  };
}

function platformOf(fields: Fields): Platform {
  const variant = fields.optionalText('variant');
  const version = fields.optionalText('os.version');
  const features = fields.optionalTexts('os.features', 100);
  return {
    os: fields.optionalText('os') ?? '',
    architecture: fields.optionalText('architecture') ?? '',
    ...(variant !== undefined && variant !== '' && { variant }),
    ...(version !== undefined && { 'os.version': version }),
    ...(features && { 'os.features': features }),
  };
}

/** A text from outside in a message: printable and short. */
function shown(text: string): string {
  return JSON.stringify(text.slice(0, 100));
}
