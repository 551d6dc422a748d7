import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Digest } from '../oci/digest.ts';
import type { Access, Caller, Need } from './access/access.ts';
import { Problem } from './errors.ts';
import type { Limits } from './limits.ts';
import { paced } from './pace.ts';
import type { Route } from './routes.ts';

/** A request that is being answered. */
export interface Exchange {
  /** What the answer and the log call it. */
  readonly id: string;
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Percent-decoded; empty when it cannot be. */
  readonly path: string;
  readonly query: URLSearchParams;
  readonly access: Access;
  readonly limits: Limits;
  /** Known once it is clear what the request is about. */
  caller: Caller;
  /** What the request is about, as soon as that is clear. */
  need: Need;
  /** Which kind of address it is for, once that is clear. */
  route: Route;
  /** What the client calls the repository, where that is another name; `ns` is the registry it wants. */
  shown?: { readonly repository: string; readonly ns: string | undefined };
  /** The client waits for a word before it sends the body (`Expect: 100-continue`). */
  waits: boolean;
}

/** Bytes of an unwanted body that are still read, so that the client gets to read the answer. */
const DRAIN_LIMIT = 64 * 1024 * 1024;
const DRAIN_TIME = 10_000;

/** Answers with a body, which a HEAD request does not get. */
export function answer(
  { request, response }: Exchange,
  status: number,
  headers: OutgoingHttpHeaders,
  body?: Uint8Array | string,
): void {
  const length = body === undefined ? 0 : Buffer.byteLength(body);
  if (status !== 204 && status !== 304) response.setHeader('content-length', length);
  response.writeHead(status, headers);
  response.end(request.method === 'HEAD' ? undefined : body);
}

/** Answers with a JSON text. */
export function answerJson(
  exchange: Exchange,
  status: number,
  json: string,
  headers: OutgoingHttpHeaders = {},
): void {
  answer(exchange, status, { 'content-type': 'application/json', ...headers }, json);
}

/** True when what the client has is what it would get. */
export function isUnchanged({ request }: Exchange, digest: Digest): boolean {
  const header = request.headers['if-none-match'];
  return header !== undefined && matches(header, digest);
}

/** True when a list of entity tags (`*`, `"a", W/"b"`) has a digest's. */
export function matches(header: string, digest: Digest): boolean {
  return header.split(',').some((one) => {
    const tag = one.trim();
    return tag === '*' || tag.replace(/^W\//, '') === `"${digest}"`;
  });
}

/**
 * Answers with an error. What is left of the request's body is read for a while, since a client
 * that finds its connection cut does not see why.
 *
 * @see https://github.com/opencontainers/distribution-spec/blob/v1.1.1/spec.md#error-codes
 */
export function answerProblem(
  exchange: Exchange,
  status: number,
  error: { readonly code: string; readonly message: string; readonly detail?: unknown },
  headers: OutgoingHttpHeaders = {},
): void {
  const { request, response, waits } = exchange;
  const body = JSON.stringify({ errors: [error] });
  const isRead = request.complete || waits || !hasBody(request);
  if (isRead) {
    // A client that was not told to go on may send its body or not: nobody could tell which.
    if (waits) response.shouldKeepAlive = false;
    answerJson(exchange, status, body, headers);
    return;
  }
  response.shouldKeepAlive = false;
  response.setHeader('content-length', Buffer.byteLength(body));
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.write(body);
  drain(request, () => response.end());
}

function hasBody({ headers }: IncomingMessage): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function drain(request: IncomingMessage, done: () => void): void {
  let left = DRAIN_LIMIT;
  const finish = (): void => {
    clearTimeout(timer);
    request.pause();
    done();
  };
  const timer = setTimeout(finish, DRAIN_TIME);
  request.on('data', (chunk: Uint8Array) => {
    left -= chunk.length;
    if (left < 0) finish();
  });
  request.once('end', finish);
  request.once('error', finish);
  request.once('close', finish);
  request.resume();
}

/** The pieces of a request's body, which the client is asked for if it waits. */
export async function* bodyOf(exchange: Exchange): AsyncGenerator<Uint8Array> {
  const { request, response, limits } = exchange;
  if (exchange.waits) response.writeContinue();
  exchange.waits = false;
  yield* paced(request, limits);
}

/** The whole of a short body. Throws Problem 413 for one of more than `limit` bytes. */
export async function shortBody(exchange: Exchange, limit: number): Promise<Buffer> {
  const tooLarge = new Problem(413, 'SIZE_INVALID', `more than ${limit} bytes`);
  if (Number(exchange.request.headers['content-length'] ?? 0) > limit) throw tooLarge;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of bodyOf(exchange)) {
    size += chunk.length;
    if (size > limit) throw tooLarge;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}
