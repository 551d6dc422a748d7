import { isUtf8 } from 'node:buffer';
import { InvalidInputError } from '../base/errors.ts';
import { type Digest, isDigest } from '../oci/digest.ts';
import { Fields, parseJson } from '../oci/json.ts';
import { DESCRIPTOR_COUNT_LIMIT, DOCUMENT_LIMIT } from '../oci/limits.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseDescriptor } from '../oci/parse-manifest.ts';
import { hasDuplicateKeys } from './json-keys.ts';
import type { ReferrerRow } from './storage.ts';

const MANIFESTS: readonly string[] = [MediaType.ociManifest, MediaType.dockerManifest];
const INDEXES: readonly string[] = [MediaType.ociIndex, MediaType.dockerIndex];
/** Content types that say nothing about what a document is. */
const VAGUE: readonly string[] = ['', 'application/json', 'application/octet-stream', 'text/plain'];
const MEDIA_TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]{0,126}\/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}$/i;
/** Layers that need not be in a registry. */
const ELSEWHERE = /\.nondistributable\.|\.rootfs\.foreign\./;

/** What a registry has to know about a manifest. */
export interface CheckedManifest {
  readonly mediaType: string;
  /** What must be in the repository. */
  readonly needs: readonly { readonly digest: Digest; readonly size: number }[];
  /** What would be missed if it were gone: also what may be elsewhere. Never the subject. */
  readonly names: readonly Digest[];
  readonly subject: Digest | undefined;
  readonly artifactType: string | undefined;
  readonly annotations: Readonly<Record<string, string>> | undefined;
}

/**
 * Checks a manifest of any kind. `contentType` is the header under which it came, without
 * parameters. Of kinds that are not known only what is common to all is looked at. Throws
 * InvalidInputError.
 */
export function checkManifest(body: Uint8Array, contentType: string): CheckedManifest {
  const json = parseJson(body, DOCUMENT_LIMIT, 'the manifest');
  if (!isUtf8(body)) throw new InvalidInputError('the manifest is not UTF-8');
  if (hasDuplicateKeys(Buffer.from(body.buffer, body.byteOffset, body.length).toString())) {
    throw new InvalidInputError('the manifest has a key twice');
  }
  const fields = new Fields(json, 'the manifest');
  const mediaType = typeOf(fields, contentType);
  const isImage = MANIFESTS.includes(mediaType);
  const isIndex = INDEXES.includes(mediaType);
  if (isImage || isIndex) fields.integer('schemaVersion', 2, 2);
  if (isImage && fields.has('manifests')) {
    throw new InvalidInputError('the manifest is an image manifest and an index at once');
  }
  if (isIndex && (fields.has('layers') || fields.has('config'))) {
    throw new InvalidInputError('the manifest is an image manifest and an index at once');
  }
  const config = isImage
    ? parseDescriptor(fields.fields('config').json, 'the config descriptor')
    : undefined;
  const layers = isImage ? descriptors(fields, 'layers') : [];
  const children = isIndex ? descriptors(fields, 'manifests') : [];
  const subject = fields.optionalFields('subject');
  const artifactType = fields.optionalText('artifactType');
  const subjectDigest = subject && parseDescriptor(subject.json, 'the subject').digest;
  const described = [...(config ? [config] : []), ...layers, ...children];
  return {
    mediaType,
    needs: [
      ...(config ? [config] : []),
      ...layers.filter((one) => !ELSEWHERE.test(one.mediaType)),
      ...children,
    ],
    names:
      isImage || isIndex
        ? described.map(({ digest }) => digest)
        : digestsIn(body).filter((digest) => digest !== subjectDigest),
    subject: subjectDigest,
    artifactType:
      artifactType === undefined || artifactType === '' ? config?.mediaType : artifactType,
    annotations: fields.optionalTextMap('annotations'),
  };
}

/** Whatever looks like a digest, in a document of a kind that is not known. */
function digestsIn(body: Uint8Array): Digest[] {
  const text = Buffer.from(body.buffer, body.byteOffset, body.length).toString();
  const found = text.match(/sha(?:256:[0-9a-f]{64}|512:[0-9a-f]{128})(?![0-9a-f])/g) ?? [];
  return [...new Set(found)].filter(isDigest);
}

function descriptors(fields: Fields, key: string): ReturnType<typeof parseDescriptor>[] {
  return fields
    .list(key, DESCRIPTOR_COUNT_LIMIT)
    .map((one, at) => parseDescriptor(one, `entry ${at + 1} of "${key}"`));
}

/** The type by header, by the document's own word, or by its shape. */
function typeOf(fields: Fields, contentType: string): string {
  const own = fields.optionalText('mediaType');
  if (!VAGUE.includes(contentType)) {
    if (own !== undefined && own !== contentType) {
      throw new InvalidInputError('"mediaType" of the manifest is not its Content-Type');
    }
    return checkedType(contentType);
  }
  if (own !== undefined) return checkedType(own);
  if (fields.has('manifests')) return MediaType.ociIndex;
  if (fields.has('config') || fields.has('layers')) return MediaType.ociManifest;
  throw new InvalidInputError('the manifest does not say what it is');
}

function checkedType(text: string): string {
  if (MEDIA_TYPE.test(text)) return text;
  throw new InvalidInputError('the media type of the manifest is none');
}

/**
 * How a manifest is listed among the referrers of its subject; undefined when it has none.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#listing-referrers
 */
export function referrerOf(
  { mediaType, subject, artifactType, annotations }: CheckedManifest,
  { digest, size }: { readonly digest: Digest; readonly size: number },
): ReferrerRow | undefined {
  if (subject === undefined) return undefined;
  const descriptor = JSON.stringify({ mediaType, digest, size, artifactType, annotations });
  return { subject, artifactType, descriptor };
}
