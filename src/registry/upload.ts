import type { Bytes } from '../base/bytes.ts';
import { DigestMismatchError, StaveError } from '../base/errors.ts';
import type { CallOptions } from '../base/progress.ts';
import { NetError } from '../net/errors.ts';
import type { HttpResponse } from '../net/request.ts';
import type { Descriptor } from '../oci/descriptor.ts';
import type { Connection } from './connection.ts';
import { RegistryError } from './errors.ts';
import { type Asked, refusalOf } from './faults.ts';
import { Patience } from './patience.ts';
import type { RegistrySettings } from './settings.ts';

/** What is remembered of an upload, also for a later process. Leaving the scope does not forget it. */
export interface KeptUpload extends Disposable {
  /** The URL where it goes on, as it was kept last. */
  readonly text: string | undefined;
  keep(url: string): void;
  forget(): void;
}

/** What an upload needs. */
export interface UploadOptions {
  readonly connection: Connection;
  readonly settings: RegistrySettings;
  /** `/v2/team/app/` */
  readonly path: string;
  readonly scopes: readonly string[];
  readonly node: Descriptor;
  /** Opens the blob's bytes from the beginning, as often as they are needed. */
  readonly open: () => Promise<Bytes>;
  readonly asked: Asked;
  /** Where an upload has begun, when a mount was not possible. */
  readonly location?: URL | undefined;
  /** Bytes per request, where the blob is not to go in one. */
  readonly chunk?: number | undefined;
  /** Opens what is remembered of the upload that is called so; undefined where nobody may. */
  readonly kept?: ((name: string) => KeptUpload | undefined) | undefined;
}

/** A smaller blob is sent again as soon as it is asked for. */
const WORTH_KEEPING = 1024 * 1024;

/** A registry's own smallest chunk, if it names one, is no more than this. */
const LARGEST_CHUNK = 512 * 1024 * 1024;
/** The size of chunks where the way to the registry takes only small bodies. */
const SMALL_CHUNK = 16 * 1024 * 1024;
const PROGRESS = 64 * 1024;
/** How long a registry may take to hear that an upload has ended, in milliseconds. */
const CANCEL_TIME = 2000;

/** Bytes for each millisecond that a registry may work on a blob before it says that it has it. */
const WORK = 20_000;

/** One upload under way: where it goes on, and how far the registry has it. */
interface Session {
  location: URL;
  offset: number;
  /** Bytes per request; undefined sends all the rest in one. */
  chunk: number | undefined;
  /** Begun by another process. */
  readonly isOld?: boolean;
}

/**
 * Sends a blob: all of it in one PUT, or in chunks where a body was too large for the way there.
 * After a failure the registry is asked how much it has, and the rest is sent; the same where an
 * earlier process broke off, as long as the registry knows of it.
 *
 * Throws RegistryError, RegistryAccessError, NetError, and what reading the blob throws.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#pushing-blobs
 */
export async function upload(options: UploadOptions, call: CallOptions): Promise<void> {
  const { connection, path, node } = options;
  using kept =
    node.size < WORTH_KEEPING
      ? undefined
      : options.kept?.(`${connection.registry} ${path} ${node.digest}`);
  const open: Open = { session: await earlier(options, kept, call), kept };
  try {
    await send(options, open, call);
  } catch (error) {
    const mayGoOn = kept !== undefined && isOutOfReach(error);
    if (open.session && !mayGoOn) {
      kept?.forget();
      await cancel(options, open.session);
    }
    throw error;
  }
  kept?.forget();
}

/** The upload under way, and what is remembered of it. */
interface Open {
  session: Session | undefined;
  readonly kept: KeptUpload | undefined;
}

/** What a process left that died, if the registry has it still. */
async function earlier(
  options: UploadOptions,
  kept: KeptUpload | undefined,
  call: CallOptions,
): Promise<Session | undefined> {
  const { text } = kept ?? {};
  if (text === undefined || !URL.canParse(text)) return undefined;
  const session = { location: new URL(text), offset: 0, chunk: options.chunk, isOld: true };
  try {
    const found = await resume(options, session, call, { retry: false });
    // What a mount has begun is not needed then.
    if (found && options.location) await cancel(options, { ...found, location: options.location });
    return found;
  } catch (error) {
    call.signal?.throwIfAborted();
    if (error instanceof StaveError) return undefined;
    throw error;
  }
}

/** True where the registry may still have the upload when it can be reached again. */
function isOutOfReach(error: unknown): boolean {
  if (error instanceof RegistryError) return (error.status ?? 0) >= 500;
  return error instanceof NetError;
}

/** Says that the rest of an upload will not come. Registries forget it some time in any case. */
async function cancel({ connection, scopes }: UploadOptions, { location }: Session): Promise<void> {
  try {
    const response = await connection.ask(
      { method: 'DELETE', target: location, scopes, retry: false },
      { signal: AbortSignal.timeout(CANCEL_TIME) },
    );
    await response.discard();
  } catch {
    // What failed before is what counts.
  }
}

async function send(options: UploadOptions, open: Open, call: CallOptions): Promise<void> {
  const { settings, node } = options;
  const patience = new Patience(settings, call);
  let { chunk, location } = options;
  let refused = 0;
  let arrived = 0;
  for (;;) {
    const session = (open.session ??= await begin(options, { location, chunk }, call));
    // Where a mount became an upload, only the first try goes on there.
    location = undefined;
    open.kept?.keep(session.location.href);
    if (session.offset - arrived >= PROGRESS) patience.progress();
    arrived = Math.max(arrived, session.offset);
    try {
      const response = await step(options, session, call);
      if (response.status === 201 || response.status === 204) {
        checkDigest(response, node);
        return await response.discard();
      }
      if (response.status === 202) {
        follow(session, response);
        await response.discard();
        continue;
      }
      if (response.status === 413 && session.chunk === undefined && node.size > SMALL_CHUNK) {
        await response.discard();
        chunk = SMALL_CHUNK;
        open.session = undefined;
        continue;
      }
      if (isLost(session, response) && (refused += 1) <= 2) {
        await response.discard();
        open.session = undefined;
        continue;
      }
      if (!(await patience.afterAnswer(response))) throw await refusalOf(response, options.asked);
    } catch (error) {
      await patience.afterFailure(error);
    }
    open.session = await resume(options, session, call);
  }
}

/** True when it has to be begun again; nobody knows what became of another process's upload. */
function isLost({ isOld = false }: Session, { status }: HttpResponse): boolean {
  return status === 404 || status === 416 || (isOld && (status === 400 || status === 409));
}

async function begin(
  { connection, path, scopes, asked }: UploadOptions,
  { location, chunk }: Pick<UploadOptions, 'location' | 'chunk'>,
  call: CallOptions,
): Promise<Session> {
  if (location) return { location, offset: 0, chunk };
  const response = await connection.ask(
    { method: 'POST', target: `${path}blobs/uploads/`, scopes, body: Buffer.alloc(0) },
    call,
  );
  if (response.status !== 202) throw await refusalOf(response, asked);
  await response.discard();
  const least = Number(response.headers['oci-chunk-min-length'] ?? 0);
  const size = chunk === undefined ? undefined : Math.max(chunk, Math.min(least, LARGEST_CHUNK));
  return { location: locationIn(response), offset: 0, chunk: size };
}

/** Sends the rest, or the next chunk of it. */
async function step(
  { connection, scopes, node, open }: UploadOptions,
  session: Session,
  call: CallOptions,
): Promise<HttpResponse> {
  const { offset, chunk } = session;
  const end = chunk === undefined ? node.size : Math.min(node.size, offset + chunk);
  const isLast = end === node.size && (chunk === undefined || offset === end);
  const isWhole = offset === 0 && isLast;
  const response = await connection.ask(
    {
      method: isLast ? 'PUT' : 'PATCH',
      target: isLast ? withDigest(session.location, node.digest) : session.location,
      scopes,
      headers: {
        'content-type': 'application/octet-stream',
        'content-length': String(end - offset),
        ...(!isWhole && end > offset && { 'content-range': `${offset}-${end - 1}` }),
      },
      body: async () => part(await open(), offset, end),
      ...(isLast && { work: Math.ceil(node.size / WORK) }),
      retry: false,
    },
    call,
  );
  if (response.status < 300) session.offset = end;
  return response;
}

/** Asks how much of an upload has arrived; undefined when it is not known any more. */
async function resume(
  { connection, scopes }: UploadOptions,
  session: Session,
  call: CallOptions,
  options: { readonly retry?: boolean } = {},
): Promise<Session | undefined> {
  const response = await connection.ask({ target: session.location, scopes, ...options }, call);
  await response.discard();
  if (response.status !== 204 && response.status !== 202) return undefined;
  follow(session, response);
  const last = /^(?:bytes=)?0-(\d+)$/.exec(response.headers['range'] ?? '')?.[1];
  // `0-0` is what an upload without any byte says too.
  session.offset = last === undefined || last === '0' ? 0 : Number(last) + 1;
  return session;
}

function follow(session: Session, response: HttpResponse): void {
  if (response.headers['location'] !== undefined) session.location = locationIn(response);
}

/** Relative or absolute, with a query that must be kept. */
export function locationIn(response: HttpResponse): URL {
  const { location } = response.headers;
  const url =
    location !== undefined && URL.canParse(location, response.url.href)
      ? new URL(location, response.url)
      : undefined;
  if (url?.protocol === 'http:' || url?.protocol === 'https:') return url;
  throw new RegistryError(`${response.url.host} does not say where to send a blob`);
}

/** The query is the registry's own: it is added to and not written anew. */
function withDigest(location: URL, digest: string): URL {
  const url = new URL(location);
  url.search = `${url.search === '' ? '?' : `${url.search}&`}digest=${encodeURIComponent(digest)}`;
  return url;
}

function checkDigest(response: HttpResponse, node: Descriptor): void {
  const told = response.headers['docker-content-digest'];
  if (told !== undefined && told !== node.digest) {
    throw new DigestMismatchError(node.digest, told, response.url.host);
  }
}

async function* part(bytes: Bytes, start: number, end: number): Bytes {
  let at = 0;
  for await (const chunk of bytes) {
    const piece = chunk.subarray(Math.max(0, start - at), Math.max(0, end - at));
    at += chunk.length;
    if (piece.length > 0) yield piece;
    // The stream is read to its very end with the last part: only then has it been checked.
    if (at >= end && end < at) return;
  }
}
