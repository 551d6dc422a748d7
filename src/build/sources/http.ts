import { createHash, type Hash } from 'node:crypto';
import { DigestMismatchError } from '../../base/errors.ts';
import type { CallOptions } from '../../base/progress.ts';
import { reporter } from '../../base/reporter.ts';
import type { HttpClient, HttpResponse } from '../../net/request.ts';
import type { Digest } from '../../oci/digest.ts';
import type { Lease, Store } from '../../store/store.ts';
import { FetchError } from './errors.ts';
import type { HttpRef } from './remote.ts';
import { authorizationFor, type Secrets } from './secrets.ts';

/** What is behind a URL. Its bytes need not be in the store. */
export interface FetchedFile {
  readonly digest: Digest;
  /** In bytes; unknown as long as only a checksum says what it is. */
  readonly size?: number;
  /** Milliseconds since the epoch; absent when the server does not say. */
  readonly lastModified?: number;
}

/** What fetching works with. */
export interface HttpParts {
  readonly store: Store;
  readonly lease: () => Lease;
  readonly client: () => HttpClient;
  readonly secrets: Secrets;
}

/** What is remembered of a URL. */
interface Remembered extends FetchedFile {
  readonly etag?: string;
  /** The header as it came, to be sent back. */
  readonly modified?: string;
  /** Digests of other kinds that it was checked against. */
  readonly checksums: readonly string[];
}

/**
 * Finds out what is behind a URL. What was fetched before is asked for on condition that it
 * has changed, and with a checksum that is known already nothing is asked at all. A new body
 * goes into the store as it arrives. Throws FetchError, NetError and DigestMismatchError.
 */
export async function lookUp(
  ref: HttpRef,
  parts: HttpParts,
  call: CallOptions,
): Promise<FetchedFile> {
  const before = remembered(ref, parts.store);
  if (ref.checksum !== undefined) {
    if (before?.digest === ref.checksum || before?.checksums.includes(ref.checksum)) return before;
    if (ref.checksum.startsWith('sha256:')) return { digest: ref.checksum as Digest };
  }
  // "Not changed" would say nothing of a checksum that nobody has looked at.
  return await request(ref, ref.checksum === undefined ? before : undefined, parts, call);
}

/** Makes sure that the bytes of a file are in the store, and held. Throws as {@link lookUp} does. */
export async function bring(
  ref: HttpRef,
  file: FetchedFile,
  parts: HttpParts,
  call: CallOptions,
): Promise<FetchedFile & { readonly size: number }> {
  const { store } = parts;
  parts.lease().hold('blob', file.digest);
  const there = await store.blobs.stat(file.digest);
  const known = remembered(ref, store);
  if (there && known?.digest === file.digest) return { ...known, size: there.size };
  const fetched = await request(ref, undefined, parts, call);
  if (fetched.digest === file.digest && fetched.size !== undefined) {
    return { ...fetched, size: fetched.size };
  }
  throw new DigestMismatchError(file.digest, fetched.digest, ref.shown);
}

async function request(
  ref: HttpRef,
  before: Remembered | undefined,
  parts: HttpParts,
  call: CallOptions,
): Promise<FetchedFile> {
  const { store } = parts;
  using task = reporter(call.progress).begin(ref.shown, { kind: 'transfer', unit: 'bytes' });
  const authorization = authorizationFor(parts.secrets, 'HTTP_AUTH', new URL(ref.url).host);
  const response = await parts.client().request(ref.url, {
    headers: {
      ...(authorization !== undefined && { authorization }),
      ...(before?.etag !== undefined
        ? { 'if-none-match': before.etag }
        : before?.modified !== undefined && { 'if-modified-since': before.modified }),
    },
    signal: call.signal,
  });
  if (response.status === 304 && before) {
    await response.discard();
    remember(ref, before, store);
    task.outcome = 'exists';
    return before;
  }
  if (response.status !== 200) {
    await response.discard();
    throw refused(ref, response.status, authorization !== undefined);
  }
  const length = Number(response.headers['content-length']);
  if (Number.isSafeInteger(length)) task.advance(0, length);
  const found = await received(ref, { ...response, body: task.count(response.body) }, parts, call);
  remember(ref, found, store);
  task.outcome = 'done';
  return found;
}

/** Takes a body into the store. Nothing of it stays when it is not what it should be. */
async function received(
  ref: HttpRef,
  response: Pick<HttpResponse, 'body' | 'headers'>,
  { store, lease }: HttpParts,
  call: CallOptions,
): Promise<Remembered> {
  const algorithm = ref.checksum?.split(':')[0];
  const other: Hash | undefined =
    algorithm === undefined || algorithm === 'sha256' ? undefined : createHash(algorithm);
  const once = { ...call, resumable: false };
  await using writer = await store.blobs.ingest(`source ${lease().id} ${ref.shown}`, once);
  try {
    for await (const chunk of response.body) {
      call.signal?.throwIfAborted();
      other?.update(chunk);
      await writer.write(chunk);
    }
    const actual = other && `${algorithm}:${other.digest('hex')}`;
    if (actual !== undefined && actual !== ref.checksum) {
      throw new DigestMismatchError(ref.checksum ?? '', actual, ref.shown);
    }
    const expected = other ? undefined : (ref.checksum as Digest | undefined);
    const { digest, size } = await writer.commit(expected && { digest: expected });
    const { etag, 'last-modified': modified } = response.headers;
    const time = modified === undefined ? NaN : Date.parse(modified);
    return {
      digest,
      size,
      checksums: actual === undefined ? [] : [actual],
      ...(etag !== undefined && { etag }),
      ...(modified !== undefined && { modified }),
      ...(!Number.isNaN(time) && { lastModified: time }),
    };
  } catch (error) {
    await writer.discard();
    throw error instanceof DigestMismatchError
      ? new DigestMismatchError(error.expected, error.actual, ref.shown)
      : error;
  }
}

function refused(ref: HttpRef, status: number, signedIn: boolean): FetchError {
  const words = process.getBuiltinModule('node:http').STATUS_CODES[status];
  const said = words === undefined ? String(status) : `${status} ${words}`;
  const { host } = new URL(ref.shown);
  const mayHelp = (status === 401 || status === 403) && !signedIn;
  return new FetchError(`cannot read ${ref.shown}: the server answered ${said}`, {
    ...(mayHelp && { hint: `A secret with the id HTTP_AUTH_TOKEN_${host} can sign in there.` }),
  });
}

function remembered(ref: HttpRef, store: Store): Remembered | undefined {
  const row = store.read(({ sources }) => sources.get(ref.shown));
  return row && (JSON.parse(row.value) as Remembered);
}

function remember(ref: HttpRef, found: Remembered, store: Store): void {
  const usedAt = store.clock.now().getTime();
  const value = JSON.stringify(found);
  store.note(({ sources, blobs }) => {
    const kept = blobs.has(found.digest);
    const blob = kept && { blob: found.digest };
    sources.put({ key: ref.shown, kind: 'http', ...blob, value, usedAt });
  });
}
