import { once } from 'node:events';
import type { Digest } from '../oci/digest.ts';
import { answer, type Exchange, isUnchanged } from './answer.ts';
import { Problem } from './errors.ts';
import { requestedPart } from './ranges.ts';
import type { OpenBlob, RegistryStorage } from './storage.ts';

/** `GET` and `HEAD` of a blob. */
export async function getBlob(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  digest: Digest,
): Promise<void> {
  const blob = await storage.openBlob(repository, digest);
  if (!blob) throw await unknownBlob(storage, repository);
  try {
    await sendBlob(exchange, blob, digest);
  } finally {
    blob.close();
  }
}

/** `DELETE` of a blob: this repository has it no more. */
export async function deleteBlob(
  exchange: Exchange,
  storage: RegistryStorage,
  repository: string,
  digest: Digest,
): Promise<void> {
  const result = await storage.removeBlob(repository, digest);
  if (result === 'unknown') throw await unknownBlob(storage, repository);
  if (result === 'a manifest') {
    throw new Problem(405, 'UNSUPPORTED', 'a manifest is removed as a manifest', {
      allow: 'GET, HEAD',
    });
  }
  answer(exchange, 202, {});
}

function isForAll({ caller }: Exchange): boolean {
  return caller.by === 'nothing';
}

async function sendBlob(exchange: Exchange, blob: OpenBlob, digest: Digest): Promise<void> {
  const { request, response } = exchange;
  const { size } = blob;
  const headers = {
    'accept-ranges': 'bytes',
    // What somebody had to sign in for is not for the caches of others.
    'cache-control': `${isForAll(exchange) ? 'public' : 'private'}, max-age=31536000, immutable`,
    'docker-content-digest': digest,
    etag: `"${digest}"`,
  };
  if (isUnchanged(exchange, digest)) {
    answer(exchange, 304, headers);
    return;
  }
  if (blob.elsewhere !== undefined && request.method === 'GET') {
    // The address ends sooner than what it leads to.
    answer(exchange, 307, { ...headers, 'cache-control': 'no-store', location: blob.elsewhere });
    return;
  }
  const condition = request.headers['if-range'];
  const isAsked = condition === undefined || condition === headers.etag;
  const part =
    isAsked && request.method === 'GET' ? requestedPart(request.headers.range, size) : undefined;
  if (part === 'none') {
    throw new Problem(416, 'SIZE_INVALID', 'the blob has no such bytes', {
      'content-range': `bytes */${size}`,
    });
  }
  const { start, end } = part ?? { start: 0, end: size };
  if (request.method === 'GET') await blob.ready?.();
  response.writeHead(part ? 206 : 200, {
    ...headers,
    'content-type': 'application/octet-stream',
    'content-length': end - start,
    'x-content-type-options': 'nosniff',
    ...(part && { 'content-range': `bytes ${start}-${end - 1}/${size}` }),
  });
  if (request.method === 'GET') {
    for await (const chunk of blob.read(start, end)) {
      // What came at once goes out with its head.
      if (chunk.length === end - start) {
        response.end(chunk);
        return;
      }
      // The next piece may come into the same memory.
      response.write(chunk);
      if (response.writableNeedDrain || response.destroyed) await roomIn(exchange);
    }
  }
  response.end();
}

/** Waits until the client has taken what was sent. Throws when it is gone. */
async function roomIn({ response }: Exchange): Promise<void> {
  const gone = new AbortController();
  const stop = (): void => gone.abort();
  response.once('close', stop);
  try {
    if (response.destroyed) stop();
    await once(response, 'drain', { signal: gone.signal });
  } finally {
    response.off('close', stop);
  }
}

async function unknownBlob(storage: RegistryStorage, repository: string): Promise<Problem> {
  return (await storage.hasRepository(repository))
    ? new Problem(404, 'BLOB_UNKNOWN', 'the repository has no such blob')
    : new Problem(404, 'NAME_UNKNOWN', 'there is no such repository');
}
