import { type Digest, isDigest } from '../oci/digest.ts';
import { BLOB_LIMIT } from '../oci/limits.ts';
import { answer, bodyOf, type Exchange } from './answer.ts';
import { Problem } from './errors.ts';
import { isRepositoryName } from './names.ts';
import { chunkPart } from './ranges.ts';
import type { RegistryStorage, Upload } from './storage.ts';

/**
 * `POST`: begins an upload, takes a blob over from another repository, or takes the whole blob.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
export async function postUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
): Promise<void> {
  const { query } = exchange;
  const algorithm = query.get('digest-algorithm') ?? 'sha256';
  if (algorithm !== 'sha256' && algorithm !== 'sha512') {
    throw new Problem(400, 'DIGEST_INVALID', 'digests are of sha256 or sha512');
  }
  const mounted = query.get('mount');
  if (mounted !== null) {
    const digest = checkedDigest(mounted);
    const from = query.get('from') ?? undefined;
    const canBe = from === undefined || isRepositoryName(from);
    if (canBe && (await storage.mount(repository, digest, from))) {
      created(exchange, repository, digest);
      return;
    }
  }
  const whole = mounted === null ? query.get('digest') : null;
  const digest = whole === null ? undefined : checkedDigest(whole);
  const kind = digest?.startsWith('sha512:') ? 'sha512' : algorithm;
  const id = await storage.startUpload(repository, kind);
  if (digest === undefined) {
    answer(exchange, 202, progress(repository, id, 0));
    return;
  }
  await using upload = await opened(storage, repository, id);
  try {
    await receive(exchange, upload, progress(repository, id, 0));
    await finished(exchange, upload, repository, digest);
  } finally {
    await upload.remove();
  }
}

/** `PATCH`: the next bytes, as a chunk with its place or as a stream. */
export async function patchUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<void> {
  await using upload = await opened(storage, repository, id);
  await receive(exchange, upload, progress(repository, id, upload.offset));
  await upload.keep();
  answer(exchange, 202, progress(repository, id, upload.offset));
}

/** `PUT`: the last bytes, if any, and what all of them hash to. */
export async function putUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<void> {
  await using upload = await opened(storage, repository, id);
  const digest = checkedDigest(exchange.query.get('digest') ?? '');
  await receive(exchange, upload, progress(repository, id, upload.offset));
  await finished(exchange, upload, repository, digest);
}

/** `GET`: how far it is. */
export async function getUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<void> {
  const offset = await storage.uploadOffset(repository, id);
  if (offset === undefined) throw unknownUpload();
  answer(exchange, 204, progress(repository, id, offset));
}

/** `DELETE`: it will not go on. */
export async function deleteUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<void> {
  await using upload = await opened(storage, repository, id);
  await upload.remove();
  answer(exchange, 204, {});
}

/** Takes the body. What came of it is kept when the connection breaks, and only then. */
async function receive(
  exchange: Exchange,
  upload: Upload,
  where: Readonly<Record<string, string>>,
): Promise<void> {
  const { headers } = exchange.request;
  const begin = upload.offset;
  const length =
    headers['content-length'] === undefined ? undefined : Number(headers['content-length']);
  const range = headers['content-range'];
  const part = range === undefined ? undefined : chunkPart(range);
  if (range !== undefined && !part) {
    throw new Problem(400, 'SIZE_INVALID', 'the Content-Range is none');
  }
  if (part && part.start !== begin) {
    throw new Problem(416, 'BLOB_UPLOAD_INVALID', 'the chunk is not the next one', where);
  }
  const expected = part ? part.end - part.start : length;
  if (expected !== undefined && length !== undefined && expected !== length) {
    throw new Problem(400, 'SIZE_INVALID', 'Content-Range and Content-Length differ');
  }
  if (begin + (expected ?? 0) > BLOB_LIMIT) throw tooLarge();
  for await (const chunk of bodyOf(exchange)) {
    const came = upload.offset + chunk.length - begin;
    if (begin + came > BLOB_LIMIT) throw tooLarge();
    if (expected !== undefined && came > expected) {
      await upload.truncate(begin);
      throw new Problem(400, 'SIZE_INVALID', 'the chunk is longer than its Content-Range');
    }
    const kept = upload.append(chunk);
    if (kept) await kept;
  }
  if (expected !== undefined && upload.offset - begin < expected) {
    await upload.truncate(begin);
    throw new Problem(400, 'SIZE_INVALID', 'the chunk is shorter than its Content-Range');
  }
}

async function finished(
  exchange: Exchange,
  upload: Upload,
  repository: string,
  digest: Digest,
): Promise<void> {
  // Nothing is sent while bytes are synced, or hashed again.
  exchange.request.socket.setTimeout(0);
  if (!(await upload.finish(digest))) {
    throw new Problem(400, 'DIGEST_INVALID', 'the bytes that came do not have this digest');
  }
  created(exchange, repository, digest);
}

function created(exchange: Exchange, repository: string, digest: Digest): void {
  answer(exchange, 201, {
    location: `/v2/${repository}/blobs/${digest}`,
    'docker-content-digest': digest,
  });
}

function progress(repository: string, id: string, offset: number): Record<string, string> {
  return {
    location: `/v2/${repository}/blobs/uploads/${id}`,
    range: `0-${Math.max(offset - 1, 0)}`,
    'docker-upload-uuid': id,
  };
}

async function opened(storage: RegistryStorage, repository: string, id: string): Promise<Upload> {
  const upload = await storage.openUpload(repository, id);
  if (upload === undefined) throw unknownUpload();
  if (upload === 'busy') {
    throw new Problem(409, 'BLOB_UPLOAD_INVALID', 'another request is sending this upload');
  }
  return upload;
}

function checkedDigest(text: string): Digest {
  if (isDigest(text)) return text;
  throw new Problem(400, 'DIGEST_INVALID', 'the digest is missing, or none of sha256 or sha512');
}

function tooLarge(): Problem {
  return new Problem(413, 'SIZE_INVALID', `a blob has at most ${BLOB_LIMIT} bytes`);
}

function unknownUpload(): Problem {
  return new Problem(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload');
}
