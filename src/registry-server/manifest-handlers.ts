import { InvalidInputError } from '../base/errors.ts';
import { digestLike, digestOf, isDigest } from '../oci/digest.ts';
import { answer, type Exchange, isUnchanged, matches, shortBody } from './answer.ts';
import { type CheckedManifest, checkManifest, referrerOf } from './check-manifest.ts';
import { Problem } from './errors.ts';
import { isTag } from './names.ts';
import { repositoryFull } from './quota.ts';
import type { RegistryStorage } from './storage.ts';

/** The most tags that one request may give a manifest. */
const TAG_LIMIT = 100;

/**
 * `GET` and `HEAD` of a manifest by tag or digest.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pulling-manifests
 */
export async function getManifest(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  reference: string,
): Promise<void> {
  checkDigestLike(reference);
  const manifest = await storage.manifest(repository, reference);
  if (!manifest) throw await unknownManifest(storage, repository);
  const { digest, mediaType, size, warning } = manifest;
  storage.pulled?.(repository, digest);
  const headers = {
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    ...(warning !== undefined && { warning: `299 - "${warning}"` }),
  };
  if (isUnchanged(exchange, digest)) {
    answer(exchange, 304, headers);
    return;
  }
  const isHead = exchange.request.method === 'HEAD';
  const body = isHead ? undefined : await storage.manifestBody(repository, digest);
  if (!isHead && !body) throw await unknownManifest(storage, repository);
  exchange.response.writeHead(200, {
    ...headers,
    'content-type': mediaType,
    'content-length': size,
    // A media type is the pusher's choice: no browser shall run what is in it.
    'content-security-policy': "default-src 'none'; sandbox",
    'x-content-type-options': 'nosniff',
  });
  exchange.response.end(body);
}

/**
 * `PUT` of a manifest by tag, or by digest with any number of tags.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-manifests
 */
export async function putManifest(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  reference: string,
): Promise<void> {
  const { request, query } = exchange;
  const given = isDigest(reference) ? reference : undefined;
  if (given === undefined) checkDigestLike(reference);
  const extra = given === undefined ? [] : [...new Set(query.getAll('tag'))];
  if (extra.length > TAG_LIMIT) {
    throw new Problem(414, 'UNSUPPORTED', `a manifest gets at most ${TAG_LIMIT} tags at once`);
  }
  const tags = given === undefined ? [reference] : extra;
  if (!tags.every(isTag)) throw new Problem(400, 'MANIFEST_INVALID', 'the tag is none');
  const body = await shortBody(exchange, exchange.limits.manifestSize);
  const { quota } = exchange.limits;
  if (quota && body.length > (await quota.room(storage, repository))) throw repositoryFull();
  const digest = given === undefined ? digestOf(body) : digestLike(given, body);
  if (given !== undefined && digest !== given) {
    throw new Problem(400, 'DIGEST_INVALID', 'the bytes that came do not have this digest');
  }
  const checked = check(body, request.headers['content-type']);
  const { mediaType, needs, names, subject } = checked;
  const condition = request.headers['if-match'];
  const obstacle = await storage.putManifest(repository, {
    digest,
    mediaType,
    body,
    tags,
    needs,
    names,
    referrer: referrerOf(checked, { digest, size: body.length }),
    by: exchange.caller.name,
    mayReplace:
      condition === undefined
        ? undefined
        : (current) => current !== undefined && matches(condition, current),
  });
  if (obstacle === 'replaced') {
    throw new Problem(412, 'MANIFEST_INVALID', 'the tag means another manifest by now');
  }
  if (obstacle && 'fixed' in obstacle) {
    throw new Problem(
      403,
      'DENIED',
      `the tag ${obstacle.fixed} is immutable, and means another manifest`,
    );
  }
  if (obstacle && 'missing' in obstacle) {
    throw new Problem(
      404,
      'MANIFEST_BLOB_UNKNOWN',
      `the repository has no ${obstacle.missing}, which the manifest names`,
    );
  }
  if (obstacle) {
    throw new Problem(
      400,
      'MANIFEST_INVALID',
      `${obstacle.wrongSize} has another size than the manifest says`,
    );
  }
  quota?.add(repository, body.length);
  answer(exchange, 201, {
    location: `/v2/${repository}/manifests/${digest}`,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
    ...(subject !== undefined && { 'oci-subject': subject }),
    ...(extra.length > 0 && { 'oci-tag': extra }),
  });
}

/** `DELETE` of a tag, or of a manifest with all its tags. */
export async function deleteManifest(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  reference: string,
): Promise<void> {
  checkDigestLike(reference);
  const result = await storage.removeManifest(repository, reference, exchange.caller.name);
  if (result === 'unknown') throw await unknownManifest(storage, repository);
  if (result !== 'removed') {
    throw new Problem(405, 'UNSUPPORTED', `the tag ${result.fixed} is immutable`, {
      allow: 'GET, HEAD',
    });
  }
  answer(exchange, 202, {});
}

function check(body: Uint8Array, contentType: string | undefined): CheckedManifest {
  const [type = ''] = (contentType ?? '').split(';');
  try {
    return checkManifest(body, type.trim());
  } catch (error) {
    if (!(error instanceof InvalidInputError)) throw error;
    throw new Problem(400, 'MANIFEST_INVALID', error.message);
  }
}

/** What has a colon is meant as a digest. */
function checkDigestLike(reference: string): void {
  if (!reference.includes(':') || isDigest(reference)) return;
  throw new Problem(400, 'DIGEST_INVALID', 'the digest is none of sha256 or sha512');
}

async function unknownManifest(storage: RegistryStorage, repository: string): Promise<Problem> {
  return (await storage.hasRepository(repository))
    ? new Problem(404, 'MANIFEST_UNKNOWN', 'the repository has no such manifest')
    : new Problem(404, 'NAME_UNKNOWN', 'there is no such repository');
}
