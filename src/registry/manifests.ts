import { collect } from '../base/bytes.ts';
import { DigestMismatchError, InvalidInputError } from '../base/errors.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import { type Digest, digestOf, isDigest } from '../oci/digest.ts';
import { parseJson } from '../oci/json.ts';
import { DOCUMENT_LIMIT } from '../oci/limits.ts';
import { MediaType } from '../oci/media-types.ts';
import { parseManifestOrIndex } from '../oci/parse-manifest.ts';
import { RegistryError } from './errors.ts';
import { noRegistryHint } from './json-answer.ts';

/** A manifest or an index with its bytes, checked. */
export interface RemoteManifest {
  readonly descriptor: Descriptor;
  readonly bytes: Buffer;
  /** The entity tag under which a registry gave it, if it did. */
  readonly etag?: string;
  /** The mirror that it came from, where it was not the registry itself. */
  readonly mirror?: string;
}

const KNOWN: readonly string[] = [
  MediaType.ociIndex,
  MediaType.dockerIndex,
  MediaType.ociManifest,
  MediaType.dockerManifest,
];

/** What manifests are asked for with. Without the types of OCI some registries say "not found". */
export const ACCEPT = [...KNOWN, '*/*'].join(', ');

const SCHEMA1 = /^application\/vnd\.docker\.distribution\.manifest\.v1\+/;

/** What the header of an answer says the manifest is, if it is one of those known. */
export function claimedType({ headers }: HttpResponse): string | undefined {
  const type = mediaTypeOf(headers['content-type']);
  return type !== undefined && KNOWN.includes(type) ? type : undefined;
}

/** What HEAD tells of a manifest; undefined when it does not tell enough. */
export function headOf(response: HttpResponse): Descriptor | undefined {
  const digest = response.headers['docker-content-digest'] ?? '';
  const size = Number(response.headers['content-length'] ?? NaN);
  const mediaType = claimedType(response);
  if (!isDigest(digest) || !Number.isSafeInteger(size) || mediaType === undefined) return undefined;
  return { mediaType, digest, size };
}

/**
 * Reads a manifest out of an answer. Asked for by digest it must have that digest; asked for by
 * tag, the one that the registry says it has.
 *
 * Throws DigestMismatchError, InvalidInputError, RegistryError, and NetError when it is cut short.
 */
export async function manifestIn(
  response: HttpResponse,
  name: string,
  asked: Digest | undefined,
): Promise<RemoteManifest> {
  const bytes = await read(response, name);
  const expected = asked ?? response.headers['docker-content-digest'];
  if (expected !== undefined && isDigest(expected)) checkDigest(bytes, expected, response.url.host);
  const digest = asked ?? digestOf(bytes);
  const claimed = claimedType(response);
  const type = mediaTypeOf(response.headers['content-type']) ?? '';
  if (SCHEMA1.test(type) || isSchema1(bytes)) throw schema1(name);
  try {
    const document = parseManifestOrIndex(bytes, claimed);
    const own = document.kind === 'index' ? document.index.mediaType : document.manifest.mediaType;
    const plain = document.kind === 'index' ? MediaType.ociIndex : MediaType.ociManifest;
    const mediaType = claimed ?? own ?? plain;
    const { etag } = response.headers;
    const descriptor = { mediaType, digest, size: bytes.length };
    return { descriptor, bytes, ...(etag !== undefined && { etag }) };
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new RegistryError(`${name}: ${error.message}`, {
      hint: noRegistryHint(response),
      cause: error,
    });
  }
}

async function read(response: HttpResponse, name: string): Promise<Buffer> {
  const announced = Number(response.headers['content-length'] ?? 0);
  const tooLarge = (): RegistryError =>
    new RegistryError(`the manifest of ${name} is larger than ${DOCUMENT_LIMIT} bytes`);
  if (announced > DOCUMENT_LIMIT) throw tooLarge();
  try {
    return await collect(response.body, DOCUMENT_LIMIT);
  } catch (error) {
    if (error instanceof RangeError) throw tooLarge();
    throw error;
  }
}

function checkDigest(bytes: Buffer, expected: Digest, host: string): void {
  const [algorithm = ''] = expected.split(':');
  const { createHash } = process.getBuiltinModule('node:crypto');
  const actual = `${algorithm}:${createHash(algorithm).update(bytes).digest('hex')}`;
  if (actual !== expected) throw new DigestMismatchError(expected, actual, host);
}

function mediaTypeOf(header: string | undefined): string | undefined {
  return header?.split(';')[0]?.trim().toLowerCase();
}

function isSchema1(bytes: Buffer): boolean {
  if (!bytes.includes('"schemaVersion"')) return false;
  try {
    const value = parseJson(bytes, DOCUMENT_LIMIT, 'the manifest');
    return (value as { schemaVersion?: unknown } | null)?.schemaVersion === 1;
  } catch {
    return false;
  }
}

function schema1(name: string): RegistryError {
  return new RegistryError(
    'Docker Image Format v1 and Docker Image manifest version 2, schema 1 support has been ' +
      `removed. Suggest the author of ${name} to upgrade the image to the OCI Format or Docker ` +
      'Image manifest v2, schema 2. More information at ' +
      'https://docs.docker.com/go/deprecated-image-specs/',
  );
}
