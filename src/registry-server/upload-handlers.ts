import { type Digest, isDigest } from '../oci/digest.ts';
import { answer, bodyOf, type Exchange } from './answer.ts';
import { Problem } from './errors.ts';
import { holderOf } from './limits.ts';
import { isRepositoryName } from './names.ts';
import { repositoryFull } from './quota.ts';
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
  const { query, limits, access, caller, request } = exchange;
  const algorithm = query.get('digest-algorithm') ?? 'sha256';
  if (algorithm !== 'sha256' && algorithm !== 'sha512') {
    throw new Problem(400, 'DIGEST_INVALID', 'digests are of sha256 or sha512');
  }
  const mounted = query.get('mount');
  if (mounted !== null) {
    const digest = checkedDigest(mounted);
    const from = query.get('from') ?? undefined;
    // What a caller may not pull cannot be told from what is not there.
    const canBe =
      from === undefined
        ? access.seesAll(caller)
        : isRepositoryName(from) && access.may(caller, from, 'pull');
    if (
      canBe &&
      (await hasRoomFor(exchange, storage, repository, { digest, from })) &&
      (await storage.mount(repository, digest, from))
    ) {
      created(exchange, repository, digest);
      return;
    }
  }
  const whole = mounted === null ? query.get('digest') : null;
  const digest = whole === null ? undefined : checkedDigest(whole);
  const kind = digest?.startsWith('sha512:') ? 'sha512' : algorithm;
  const holder = holderOf(caller, access.addressOf(request));
  limits.uploads.makeRoom(holder);
  const id = await storage.startUpload(repository, kind);
  limits.uploads.begin(id, holder, caller.name);
  if (digest === undefined) {
    answer(exchange, 202, progress(repository, id, 0));
    return;
  }
  await using upload = await opened(exchange, storage, repository, id);
  try {
    const bound = await boundOf(exchange, storage, repository);
    await receive(exchange, upload, { where: progress(repository, id, 0), bound });
    await finished(exchange, upload, repository, digest);
  } finally {
    limits.uploads.end(id);
    await upload.remove();
  }
}

/** Whether a repository can take over a blob; not if it cannot be told how large that is. */
async function hasRoomFor(
  { limits: { quota } }: Exchange,
  storage: RegistryStorage,
  repository: string,
  { digest, from }: { readonly digest: Digest; readonly from: string | undefined },
): Promise<boolean> {
  if (!quota) return true;
  const size = from === undefined ? undefined : await storage.blobSize(from, digest);
  if (size === undefined || size > (await quota.room(storage, repository))) return false;
  quota.add(repository, size);
  return true;
}

/** `PATCH`: the next bytes, as a chunk with its place or as a stream. */
export async function patchUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<void> {
  await using upload = await opened(exchange, storage, repository, id);
  const bound = await boundOf(exchange, storage, repository);
  await receive(exchange, upload, { where: progress(repository, id, upload.offset), bound });
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
  await using upload = await opened(exchange, storage, repository, id);
  const digest = checkedDigest(exchange.query.get('digest') ?? '');
  const bound = await boundOf(exchange, storage, repository);
  await receive(exchange, upload, { where: progress(repository, id, upload.offset), bound });
  // Whatever comes of it, it is over.
  exchange.limits.uploads.end(id);
  await finished(exchange, upload, repository, digest);
}

/** `GET`: how far it is. */
export async function getUpload(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<void> {
  const { limits, caller } = exchange;
  const isTheirs = limits.uploads.touch(id, caller.name);
  const offset = isTheirs ? await storage.uploadOffset(repository, id) : undefined;
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
  await using upload = await opened(exchange, storage, repository, id);
  await upload.remove();
  exchange.limits.uploads.end(id);
  answer(exchange, 204, {});
}

/** The most bytes of a blob, and how more are refused. */
interface Bound {
  readonly bytes: number;
  readonly refuse: () => Problem;
}

async function boundOf(
  { limits: { blobSize, quota } }: Exchange,
  storage: RegistryStorage,
  repository: string,
): Promise<Bound> {
  const room = quota ? await quota.room(storage, repository) : Infinity;
  return room < blobSize
    ? { bytes: room, refuse: repositoryFull }
    : { bytes: blobSize, refuse: () => tooLarge(blobSize) };
}

/** Takes the body. What came of it is kept when the connection breaks, and only then. */
async function receive(
  exchange: Exchange,
  upload: Upload,
  {
    where,
    bound: { bytes: limit, refuse },
  }: { readonly where: Readonly<Record<string, string>>; readonly bound: Bound },
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
  if (begin + (expected ?? 0) > limit) throw refuse();
  for await (const chunk of bodyOf(exchange)) {
    const came = upload.offset + chunk.length - begin;
    if (begin + came > limit) {
      await upload.truncate(begin);
      throw refuse();
    }
    if (expected !== undefined && came > expected) {
      await upload.truncate(begin);
      throw new Problem(400, 'SIZE_INVALID', 'the chunk is longer than its Content-Range');
    }
    try {
      const kept = upload.append(chunk);
      if (kept) await kept;
    } catch (error) {
      // Of what did not fit whole nothing is kept.
      await upload.truncate(begin);
      throw error;
    }
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
  const size = upload.offset;
  if (!(await upload.finish(digest))) {
    throw new Problem(400, 'DIGEST_INVALID', 'the bytes that came do not have this digest');
  }
  exchange.limits.quota?.add(repository, size);
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

async function opened(
  { limits, caller }: Exchange,
  storage: RegistryStorage,
  repository: string,
  id: string,
): Promise<Upload> {
  if (!limits.uploads.touch(id, caller.name)) throw unknownUpload();
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

function tooLarge(limit: number): Problem {
  return new Problem(413, 'SIZE_INVALID', `a blob has at most ${limit} bytes`);
}

function unknownUpload(): Problem {
  return new Problem(404, 'BLOB_UPLOAD_UNKNOWN', 'there is no such upload');
}
