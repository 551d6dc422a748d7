import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { isErrno } from '../base/errors.ts';
import { randomHex } from '../sys/random.ts';
import { answerProblem, type Exchange } from './answer.ts';
import { ListenError, Problem } from './errors.ts';
import { route, type Served } from './router.ts';
import type { RegistryStorage } from './storage.ts';

/** In milliseconds: how long a head may take, a connection may be silent, an ending may last. */
const HEAD_TIME = 20_000;
const SILENCE = 60_000;
const PATIENCE = 10_000;
/** How often connections without a request are cut while the registry ends, in milliseconds. */
const IDLE_LOOK = 50;

/** What a registry is made of. */
export interface RegistryServerOptions {
  /** Without one all of the machine's addresses. */
  readonly host?: string | undefined;
  /** 0 for any that is free. */
  readonly port: number;
  readonly storage: RegistryStorage;
  readonly readOnly: boolean;
  /** Certificate chain and key in PEM; without it plain HTTP is spoken. */
  readonly tls?: { readonly cert: Uint8Array; readonly key: Uint8Array } | undefined;
  /** Is told of failures that are nobody's fault outside, under the word that the client got. */
  readonly onFailure: (error: unknown, word: string) => void;
}

/** A registry that listens. */
export interface RegistryServer extends AsyncDisposable {
  /** `http://127.0.0.1:5000`. */
  readonly url: string;
  /** Takes no more connections, lets requests end for a while, and cuts the rest. */
  close(): Promise<void>;
}

/** Begins to listen. Throws ListenError. */
export async function openRegistryServer(options: RegistryServerOptions): Promise<RegistryServer> {
  const { host, port, storage, readOnly, tls, onFailure } = options;
  let ready = true;
  const served: Served = { storage, readOnly, isReady: () => ready };
  const running = new Set<Promise<void>>();
  const handle = (request: IncomingMessage, response: ServerResponse, waits: boolean): void => {
    if (!ready) response.shouldKeepAlive = false;
    const done = serve(request, response, waits, served, onFailure);
    running.add(done);
    void done.finally(() => running.delete(done));
  };
  const server = makeServer(tls);
  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('clientError', refuseNoise);
  server.headersTimeout = HEAD_TIME;
  // Uploads take their time; silence ends them.
  server.requestTimeout = 0;
  server.setTimeout(SILENCE);
  await listening(server, host, port);
  const close = async (): Promise<void> => {
    if (!ready) return;
    ready = false;
    const ended = new Promise((resolve) => server.close(resolve));
    // Connections are idle again as their answers end.
    server.closeIdleConnections();
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_LOOK);
    const timer = setTimeout(() => server.closeAllConnections(), PATIENCE);
    await ended;
    clearInterval(idle);
    clearTimeout(timer);
    await Promise.allSettled(running);
  };
  return { url: urlOf(server, tls !== undefined), close, [Symbol.asyncDispose]: close };
}

function makeServer(tls: RegistryServerOptions['tls']): Server {
  const options = { noDelay: true, keepAliveTimeout: SILENCE };
  if (!tls) return process.getBuiltinModule('node:http').createServer(options);
  try {
    return process.getBuiltinModule('node:https').createServer({
      ...options,
      ...tls,
      cert: Buffer.from(tls.cert),
      key: Buffer.from(tls.key),
      minVersion: 'TLSv1.2',
    });
  } catch (error) {
    throw new ListenError('the certificate and its key cannot be used', { cause: error });
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  waits: boolean,
  served: Served,
  onFailure: RegistryServerOptions['onFailure'],
): Promise<void> {
  response.setHeader('docker-distribution-api-version', 'registry/2.0');
  const { path, query } = addressOf(request.url ?? '');
  const exchange: Exchange = { request, response, query, waits };
  try {
    if (path === undefined) throw new Problem(400, 'NAME_INVALID', 'the address cannot be read');
    await route(exchange, path, served);
  } catch (error) {
    // Nobody is there to be told.
    if (response.destroyed || request.socket.destroyed) return;
    if (response.headersSent) {
      response.destroy();
      onFailure(error, 'while it was sent');
      return;
    }
    if (error instanceof Problem) {
      const { code, message, headers, httpStatus } = error;
      answerProblem(exchange, httpStatus, { code, message }, headers);
      return;
    }
    if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
      answerProblem(exchange, 507, { code: 'DENIED', message: 'the registry is full' });
      onFailure(error, 'the registry is full');
      return;
    }
    const word = randomHex(8);
    const message = `the registry failed; its log says why under ${word}`;
    answerProblem(exchange, 500, { code: 'UNSUPPORTED', message });
    onFailure(error, word);
  }
}

/** Path and query of a request line; no path when it cannot be decoded. */
function addressOf(target: string): { path: string | undefined; query: URLSearchParams } {
  const mark = target.indexOf('?');
  const query = new URLSearchParams(mark < 0 ? '' : target.slice(mark + 1));
  const raw = mark < 0 ? target : target.slice(0, mark);
  try {
    return { path: raw.includes('%') ? decodeURIComponent(raw) : raw, query };
  } catch {
    return { path: undefined, query };
  }
}

/**
 * What is no HTTP is answered in the words of HTTP/1.0: clients that tried TLS first take that as
 * the sign to go on without.
 */
function refuseNoise(error: Error, socket: Socket): void {
  if (!socket.writable || isErrno(error, 'ECONNRESET')) {
    socket.destroy();
    return;
  }
  const status = isErrno(error, 'HPE_HEADER_OVERFLOW')
    ? '431 Request Header Fields Too Large'
    : isErrno(error, 'ERR_HTTP_REQUEST_TIMEOUT')
      ? '408 Request Timeout'
      : '400 Bad Request';
  socket.end(`HTTP/1.0 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listening(server: Server, host: string | undefined, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error) => {
      reject(
        new ListenError(`cannot listen on ${host ?? ''}:${port}: ${error.message}`, {
          cause: error,
        }),
      );
    });
    server.listen({ ...(host !== undefined && { host }), port }, resolve);
  });
}

function urlOf(server: Server, isSecure: boolean): string {
  const { address, port, family } = server.address() as AddressInfo;
  const host = family === 'IPv6' ? `[${address}]` : address;
  return `${isSecure ? 'https' : 'http'}://${host}:${port}`;
}
